"""Where are the rows of a sweep kept? In a record that only grows, and a sheet made from it."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rlbook.whole_file import whole_file

Value = bool | int | float | str | None
Row = dict[str, Value]

ESCAPED = "backslashreplace"
"""A character that UTF-8 cannot encode, such as half a surrogate pair in a file's name, is written
as \\udcff in the sheet. JSON has its own escape, so that the record holds the text itself."""


def json_value(x: Any, name: str) -> Value:
    """The value as JSON holds it, also of numpy's numbers; ValueError unless it is a single one."""
    if getattr(x, "shape", None) == () and hasattr(x, "item"):
        x = x.item()
    if x is not None and not isinstance(x, (bool, int, float, str)):
        raise ValueError(f"{name} must be a number, a text, True, False or None, got {x!r}")
    return json.loads(json.dumps(x))


def key(row: Row, names: Sequence[str]) -> str:
    """Settings and seed as a text that identifies the row. 1 and 1.0 are equal, 1 and true not."""
    values = (row[name] for name in (*sorted(names), "seed"))
    return json.dumps([int(x) if isinstance(x, float) and x.is_integer() else x for x in values])


def name_of(experiment: Any) -> str:
    """file:function, the same for a script, for a module and for a file of the command line."""
    function = getattr(experiment, "func", experiment)  # of a partial
    kind = type(function)
    module = getattr(function, "__module__", None) or kind.__module__
    if module == "__main__":
        module = Path(getattr(sys.modules["__main__"], "__file__", module)).stem
    return f"{module.rpartition('.')[2]}:{getattr(function, '__qualname__', kind.__qualname__)}"


def files(out: str | Path) -> tuple[Path, Path]:
    """The record and the sheet of a path, which may be that of one of them."""
    path = Path(out) if isinstance(out, (str, Path)) else Path()
    if path.suffix in (".jsonl", ".csv"):
        path = path.with_suffix("")
    if not path.name:
        raise ValueError(f"out must be a path such as results/epsilon, got {out!r}")
    return path.with_name(f"{path.name}.jsonl"), path.with_name(f"{path.name}.csv")


class Record:
    """The rows of a sweep in two files: old rows are read, new ones are added.

    The record, NAME.jsonl, has JSON on each line. The first line is the header: the name of the
    experiment and the names of its settings. Every other line is a row. A row is on the disk before
    the next one is written. If the sweep is killed in the middle of a line, the half line at the
    end is dropped when the record is opened again. NaN and infinities are written as NaN, Infinity
    and -Infinity, as Python's json does: null would be another value.

    The sheet, NAME.csv, is for people and spreadsheets. It grows with the record, and is written
    again from the record at the start and at the end.

    out           a path without suffix: results/epsilon for results/epsilon.jsonl and .csv
    experiment    its name
    names         of the settings

    Raises ValueError for a file of something else, and does not change it.
    """

    def __init__(self, out: str | Path, experiment: str, names: Sequence[str]) -> None:
        self.path, self.sheet = files(out)
        self.names = names
        self._header = {"sweep": experiment, "settings": sorted(names)}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("ab+", buffering=0)
        try:
            self.rows = self._open()
            self._write_sheet()
        except BaseException:
            self._file.close()
            raise

    def _open(self) -> list[Row]:
        """Begin a new file, or drop a half line at the end of an old one. Returns the rows."""
        header, content = _line(self._header), self._read()
        whole = content[: content.rfind(b"\n") + 1]
        rows = self._rows(content)
        self._size = self._file.truncate(len(whole))
        if not whole:
            self._append(header)
        return rows

    def _read(self) -> bytes:
        self._file.seek(0)
        return self._file.readall()

    def _rows(self, content: bytes) -> list[Row]:
        """The rows in the content of a file, each (setting, seed) once."""
        header = _line(self._header)
        if header.startswith(content):  # the sweep was killed before the header was complete
            return []
        first, *others = content[: content.rfind(b"\n") + 1].splitlines(keepends=True) or [content]
        if first != header:
            raise ValueError(
                f"out must be a new file or a record of {self._header}, but {self.path} "
                f"begins with {first[:200].decode(errors='replace').strip()!r}"
            )
        rows: dict[str, Row] = {}
        for number, line in enumerate(others, start=2):
            if line == header:  # files of one sweep can be joined
                continue
            try:
                row = json.loads(line)
                rows.setdefault(key(row, self.names), row)
            except (ValueError, KeyError, TypeError):
                raise ValueError(
                    f"out must be a record of rows, but line {number} of {self.path} is not a row"
                ) from None
        return list(rows.values())

    def add(self, row: Row) -> None:
        """Write a row; RuntimeError, and no row, if another process has written to the file."""
        if (size := os.fstat(self._file.fileno()).st_size) != self._size:
            raise RuntimeError(
                f"another sweep writes into {self.path}: it has {size} bytes, this sweep left it "
                f"with {self._size}"
            )
        self._append(_line(row))
        self.rows.append(row)
        try:
            if row.keys() <= set(self._columns):
                with self.sheet.open("a", encoding="utf-8", errors=ESCAPED, newline="") as file:
                    csv.writer(file, lineterminator="\n").writerow(self._cells(row))
            else:
                self._write_sheet()
        except OSError:
            pass  # a spreadsheet program may lock it; it is written again at the end

    def _append(self, line: bytes) -> None:
        try:
            if self._file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
            os.fsync(self._file.fileno())
        except OSError:
            self._file.truncate(self._size)
            raise
        self._size += len(line)

    def _write_sheet(self) -> None:
        """Write the sheet of all rows, whole or not at all."""
        self._columns = list(
            dict.fromkeys((*self.names, "seed", *(x for r in self.rows for x in r)))
        )
        text = io.StringIO(newline="")
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(self._columns)
        lines.writerows(map(self._cells, self.rows))
        with whole_file(self.sheet) as file:
            file.write(text.getvalue().encode(errors=ESCAPED))

    def _cells(self, row: Row) -> list[Value]:
        """A row as cells; a missing value and None are empty cells."""
        cells = (row.get(column) for column in self._columns)
        return [str(x).lower() if isinstance(x, bool) else x for x in cells]

    def close(self) -> None:
        """Write the sheet from the record, and close the record."""
        try:
            self.rows = self._rows(self._read())
            self._write_sheet()
        finally:
            self._file.close()


def _line(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values) + "\n").encode()

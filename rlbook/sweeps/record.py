"""Where do the rows of a sweep stay? In a record that only grows, and in a sheet made from it."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rlbook.whole_file import whole_file

Value = bool | int | float | str | None
Row = dict[str, Value]

ESCAPED = "backslashreplace"
"""What UTF-8 cannot hold, half a surrogate pair in the name of a file say, stands as \\udcff in the
sheet. JSON has an escape of its own, so that the record holds the text itself."""


def plain(x: Any, name: str) -> Value:
    """What JSON makes of a value, numpy's numbers too; ValueError unless it is a single one."""
    if getattr(x, "shape", None) == () and hasattr(x, "item"):
        x = x.item()
    if x is not None and not isinstance(x, (bool, int, float, str)):
        raise ValueError(f"{name} must be a number, a text, True, False or None, got {x!r}")
    value: Value = json.loads(json.dumps(x))
    return value


def key(row: Row, names: Sequence[str]) -> str:
    """What tells rows apart: settings and seed. 1 and 1.0 are one setting, 1 and true are two."""
    values = (row[name] for name in (*sorted(names), "seed"))
    return json.dumps([int(x) if isinstance(x, float) and x.is_integer() else x for x in values])


def named(experiment: Any) -> str:
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
    """The rows of a sweep in two files: those that were there, and those that come.

    The record, NAME.jsonl, has JSON on each line. The first line says which experiment it is of and
    what its settings are called; every other line is a row. A row is written whole, and is on the
    disk before the next one comes. A sweep that is killed in the middle of a line leaves half of it
    at the end of the file; that half is dropped. NaN and infinities stand as NaN, Infinity and
    -Infinity, as Python's json has them: null would be another value.

    The sheet, NAME.csv, is for people and spreadsheets. It grows with the record, and is made anew
    from it at the start and at the end.

    out           a path without suffix: results/epsilon for results/epsilon.jsonl and .csv
    experiment    its name
    names         of the settings

    Raises ValueError for a file of something else, and leaves it as it was.
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
        """Begin a new file, or drop what is half a line. Returns the rows."""
        header, held = _line(self._header), self._read()
        whole = held[: held.rfind(b"\n") + 1]
        rows = self._rows(held)
        self._size = self._file.truncate(len(whole))
        if not whole:
            self._append(header)
        return rows

    def _read(self) -> bytes:
        self._file.seek(0)
        return self._file.readall()

    def _rows(self, held: bytes) -> list[Row]:
        """The rows in what a file holds, each (setting, seed) once."""
        header = _line(self._header)
        if header.startswith(held):  # killed before the first line was there
            return []
        first, *others = held[: held.rfind(b"\n") + 1].splitlines(keepends=True) or [held]
        if first != header:
            raise ValueError(
                f"out must be of a new sweep or of {self._header}, but {self.path} "
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
                    f"out must be a whole record, but line {number} of {self.path} is no row of it"
                ) from None
        return list(rows.values())

    def add(self, row: Row) -> None:
        """Write a row. RuntimeError, and nothing is written, if somebody else wrote as well."""
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
            pass  # a spreadsheet may hold it open; it is made anew at the end

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
        """The sheet of all rows, whole or not at all."""
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
        """A row as cells; what it does not have, and None, is left empty."""
        cells = (row.get(column) for column in self._columns)
        return [str(x).lower() if isinstance(x, bool) else x for x in cells]

    def close(self) -> None:
        """Make the sheet from what the record holds, and let go of it."""
        try:
            self.rows = self._rows(self._read())
            self._write_sheet()
        finally:
            self._file.close()


def _line(thing: Any) -> bytes:
    return (json.dumps(thing) + "\n").encode()

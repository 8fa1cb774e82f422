"""How does what was run get into a folder? In whole files, and those of one run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

from rlbook.whole_file import whole_file

try:
    import fcntl
except ImportError:  # Windows: files are whole there, too, but two runs may mix theirs
    fcntl = None  # type: ignore[assignment]


class CannotRunError(Exception):
    """Nothing can be run here, or not now; the message is one line."""


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all, and its folder where there is none.

    Raises OSError with the name of the file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            file.write(content.encode() if isinstance(content, str) else content)
    except OSError as error:  # a full disk does not say where; nobody knows the name beside
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


@contextmanager
def writing_into(out: Path, *, alone: bool) -> Iterator[None]:
    """Make the folder, with figures/ in it, and lock it: for this run alone, or shared with others.

    The lock is of the system, on the folder itself. It ends with the process, however that ends,
    and leaves no file. Where there is none (Windows, some network drives) nobody is kept out.

    Raises CannotRunError for a folder that cannot be written, and for one that another run locks.
    """
    try:
        for folder in (out, out / "figures"):
            folder.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=folder):  # minutes before the first figure comes
                pass
    except OSError as error:
        raise CannotRunError(
            f"--out must be a folder that can be written, got {folder}: {error.strerror}"
        ) from None
    lock = None
    try:
        with suppress(OSError):
            lock = os.open(out, os.O_RDONLY) if fcntl else None
        if lock is not None and not _locked(lock, alone):
            raise CannotRunError(
                f"another rlbook writes into {out}: wait for it, or name another folder with --out"
            )
        yield
    finally:
        if lock is not None:
            os.close(lock)


def _locked(folder: int, alone: bool) -> bool:
    """Whether the folder is ours now; where the system cannot lock it, it is."""
    try:
        fcntl.flock(folder, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True

"""The student's process: it loads their file, and calls their functions as it is told.

`python -m rlbook.homework.student FILE BYTES`. A line of JSON comes in for each call, and one goes
out. It keeps honest mistakes from doing harm: memory is limited, files are not written, nothing is
sent, prints are kept. It is no prison: whoever grades strangers' code does so in a container.
"""

from __future__ import annotations

import builtins
import importlib.abc
import importlib.util
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from rlbook.homework.calling import Fault, RefusedError, Reply, TooLongError, call, fault
from rlbook.homework.wire import pack, unpack

KEPT = 2000
"""So many characters that a call prints are kept; the rest is dropped."""


def main() -> None:
    """Serve one file until nothing more is asked."""
    file, memory = sys.argv[1], int(sys.argv[2])
    requests, replies = os.fdopen(os.dup(0), "r"), os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    prints = _Prints()
    sys.stdout = sys.stderr = prints
    builtins.input = _no_input

    _limit_memory(memory)
    sys.meta_path.insert(0, _NoSolutions())
    sys.addaudithook(_refuse)
    try:
        module: ModuleType | None = _load(file)
        said = {"loaded": sorted(vars(module)), "printed": prints.take()}
    except BaseException as error:
        module, said = None, {"fault": fault(error, file), "printed": prints.take()}
    print(pack(said), file=replies, flush=True)
    for line in requests:
        name, args, take, seconds = unpack(line)
        try:
            with _alarm(seconds):
                reply = call(getattr(module, name, None), args, take, file)
        except (KeyboardInterrupt, TooLongError) as error:  # the first is theirs: nobody types here
            reply = Reply(fault=fault(error, file))
        reply = reply._replace(printed=prints.take())
        print(_packed(reply), file=replies, flush=True)


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Interrupt the call a little before the process would be ended, to know in which line it is.

    What does not listen, in one long step of numpy, is ended from outside; so it is on Windows.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return

    def interrupt(number: int, frame: Any) -> None:
        raise TooLongError(f"{seconds:.3g} s")

    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _packed(reply: Reply) -> str:
    try:
        return pack(reply)
    except (RecursionError, MemoryError, ValueError, TypeError) as error:
        return pack(Reply(fault=Fault("error", f"returns what cannot be read: {error}")))


def _load(file: str) -> ModuleType:
    sys.path.append(str(Path(file).resolve().parent))
    spec = importlib.util.spec_from_file_location("student_file", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["student_file"] = module
    spec.loader.exec_module(module)
    return module


class _Prints:
    """What is printed, its beginning: a flood costs time and no memory."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self._text = ""

    def write(self, text: str) -> int:
        if len(self._text) < KEPT:
            self._text += text[:KEPT]
        return len(text)

    def writelines(self, lines: Sequence[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Nothing waits."""

    def isatty(self) -> bool:
        return False

    def close(self) -> None:
        """It stays open: the next function may print, too."""

    def take(self) -> str:
        text, self._text = self._text[:KEPT], ""
        return text


def _no_input(*prompt: Any) -> str:
    raise RefusedError("waits for somebody to type (input)")


def _limit_memory(limit: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    with_ours = limit + (1 << 30)  # what numpy itself sets aside
    try:
        resource.setrlimit(resource.RLIMIT_AS, (with_ours, with_ours))
    except (ValueError, OSError):  # macOS knows the limit, and refuses it
        return


class _NoSolutions(importlib.abc.MetaPathFinder):
    """The library holds the answers: homework does without it."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        if name.partition(".")[0] == "rlbook" and _asked_by_student():
            raise ImportError("homework is written without rlbook")


def _asked_by_student() -> bool:
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__") == "student_file":
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False


_CHANGES = {
    "os.remove": "deletes {}", "os.rmdir": "deletes {}", "shutil.rmtree": "deletes {}",
    "os.rename": "renames {}", "os.mkdir": "makes the folder {}", "os.truncate": "empties {}",
    "os.chmod": "changes {}", "os.symlink": "makes a link to {}", "os.link": "makes a link to {}",
}  # fmt: skip
"""What is done to a file: allowed in the folder that is thrown away afterwards."""

_REFUSED = {
    "os.system": "runs a command, {}", "subprocess.Popen": "starts a program, {}",
    "os.exec": "starts a program, {}", "os.posix_spawn": "starts a program, {}",
    "os.fork": "starts a process", "os.forkpty": "starts a process",
    "os.kill": "ends a process", "os.killpg": "ends a process",
    "socket.connect": "calls another computer", "socket.getaddrinfo": "calls another computer",
    "socket.bind": "waits for another computer",
}  # fmt: skip
_FOLDER = Path(os.curdir).resolve()
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    """An audit hook: what homework has no need of is refused, in words."""
    if event == "open":
        path, mode, flags = args
        writes = flags & _WRITING if isinstance(flags, int) else set(mode or "") & set("wax+")
        if writes and isinstance(path, (str, bytes)) and not _own(path):
            raise RefusedError(f"writes into {os.fsdecode(path)}")
    elif event in _CHANGES and not _own(os.fspath(args[0])):
        raise RefusedError(_CHANGES[event].format(args[0]))
    elif event in _REFUSED:
        raise RefusedError(_REFUSED[event].format(*map(_plain, args)))


def _plain(x: Any) -> Any:
    return os.fsdecode(x) if isinstance(x, bytes) else x


def _own(path: str | bytes) -> bool:
    """In the folder that is thrown away afterwards: it is named before student code runs."""
    full = Path(os.fsdecode(path)).resolve()
    return full.is_relative_to(_FOLDER) or str(full) == os.devnull


if __name__ == "__main__":
    main()

"""The student's process, from here: started, asked, and ended when it takes too long."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rlbook.homework.calling import Fault, Reply
from rlbook.homework.wire import pack, unpack

START = 20.0
"""To start Python and numpy is not the student's time: so many seconds more, at most."""

MOST = 50_000_000
"""The longest answer that is read, in characters."""


class Student:
    """A student's file in a process of its own; `with` ends it.

    file       a Python file
    seconds    how long a call, or the loading of the file, may take
    memory     how many bytes the process may have

    What they print is in each Reply. A process that died, or that had to be ended, is started
    again by the next call.
    """

    def __init__(self, file: Path, *, seconds: float = 10, memory: int = 2 << 30) -> None:
        self.file, self.seconds, self.memory = file.resolve(), seconds, memory
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str] = queue.Queue()
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="rlbook-")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
        assert self._folder is not None
        self._folder.cleanup()

    def load(self) -> tuple[Fault | None, list[str]]:
        """Run the file, as an import does: why it cannot be, or the names it defines."""
        said = self._start()
        return (said, []) if isinstance(said, Fault) else (None, said)

    def call(self, name: str, args: dict[str, Any], take: int, seconds: float) -> Reply:
        """Call one of its functions; of what it yields, take so many."""
        if self._process is None:
            said = self._start()
            if isinstance(said, Fault):
                return Reply(fault=said)
        seconds = min(seconds, self.seconds)
        said = self._ask(pack([name, args, take, seconds]), seconds)
        if isinstance(said, Fault):
            return Reply(fault=said)
        answer, logs, fault, printed = said
        return Reply(answer, logs, Fault(*fault) if fault else None, printed)

    def _start(self) -> Fault | list[str]:
        assert self._folder is not None
        environment = {
            **os.environ, "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "Agg",
            "MPLCONFIGDIR": self._folder.name, "TMPDIR": self._folder.name,
            "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }  # fmt: skip
        command = [sys.executable, "-P", "-m", "rlbook.homework.student", str(self.file)]
        self._process = subprocess.Popen(
            [*command, str(self.memory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, encoding="utf-8", cwd=self._folder.name, env=environment,
            start_new_session=True,
        )  # fmt: skip
        self._lines = queue.Queue()
        threading.Thread(target=_listen, args=(self._process, self._lines), daemon=True).start()
        said = self._wait(self.seconds + START)
        if isinstance(said, Fault):
            return said
        if "fault" in said:
            self.end()
            return Fault(*said["fault"])
        return list(said["loaded"])

    def _ask(self, line: str, seconds: float) -> Any:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            print(line, file=self._process.stdin, flush=True)
        except (BrokenPipeError, OSError):
            return self._died()
        return self._wait(seconds, seconds + 0.5)

    def _wait(self, seconds: float, at_most: float | None = None) -> Any:
        """Read a line; `at_most` is longer where the process stops by itself after `seconds`."""
        try:
            line = self._lines.get(timeout=at_most or seconds)
        except queue.Empty:
            self.end()
            return Fault("time", f"takes longer than {seconds:.3g} s: a loop without an end?")
        if not line:
            return self._died()
        try:
            return unpack(line)
        except ValueError as error:
            self.end()
            return Fault("error", f"returns what cannot be read: {error}")

    def _died(self) -> Fault:
        process = self._process
        self.end()
        status = process.returncode if process else 0
        if status == -9:
            return Fault("died", "was stopped by the system (signal 9): it wants too much memory?")
        return Fault("died", f"ends the whole process (status {status})")

    def end(self) -> None:
        """End the process: the next call starts another, and loads the file again."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            try:
                process.stdin.close()
            except OSError:
                process.kill()  # it has gone, and has not read what was asked
        try:
            if process.poll() is None:
                _kill(process)
        finally:
            process.wait()
            if process.stdout:
                process.stdout.close()


def _kill(process: subprocess.Popen[str]) -> None:
    """With all that it has started."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _listen(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    """Put every line into the queue, and an empty one at the end."""
    assert process.stdout is not None
    try:
        while line := process.stdout.readline(MOST):
            lines.put(line)
    except ValueError:  # it was closed meanwhile: nobody waits for more
        return
    lines.put("")

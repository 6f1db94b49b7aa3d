"""The simulated exchange as a child process, as a person would start it."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
READY_S = 30.0
STOP_S = 5.0


class SimulatorStartError(Exception):
    """It ended or stayed silent instead of printing its line.

    Args:
        arguments: what it was started with.
        returncode: its exit code.
        output: what it wrote to standard error.
    """

    def __init__(self, arguments: tuple[str, ...], returncode: int | None, output: str) -> None:
        super().__init__(f"simulator {' '.join(arguments)} ended with {returncode}: {output}")
        self.arguments = arguments
        self.returncode = returncode
        self.output = output


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a ready simulator listens."""

    rest_url: str
    ws_url: str


class SimulatorProcess:
    """`python -m upbit_auto_trading simulator`, from its ready line until it is stopped."""

    def __init__(self, *arguments: str, ready_s: float = READY_S) -> None:
        self.arguments = ("--port", "0", *arguments)
        # A file, not a pipe: nobody reads it while the simulator runs.
        self._errors = tempfile.TemporaryFile(mode="w+", encoding="utf-8")  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, "-m", "upbit_auto_trading", "simulator", *self.arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        try:
            self.endpoints = self._ready_line(ready_s)
        except BaseException:
            self.stop()
            raise

    @property
    def rest_url(self) -> str:
        return self.endpoints.rest_url

    @property
    def ws_url(self) -> str:
        return self.endpoints.ws_url

    @property
    def output(self) -> str:
        """What it wrote to standard error so far, and no more once stopped."""
        if self._errors.closed:
            return ""
        self._errors.seek(0)
        return self._errors.read()

    def kill(self) -> None:
        """End it without a goodbye, as a crash would."""
        self.process.kill()
        self._close()

    def stop(self) -> int:
        """Ask it to end and return its exit code. Harmless when repeated."""
        if self.process.poll() is None:
            self.process.terminate()
        return self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _ready_line(self, ready_s: float) -> Endpoints:
        assert self.process.stdout is not None
        give_up = threading.Timer(ready_s, self.process.kill)
        give_up.start()
        try:
            line = self.process.stdout.readline()
        finally:
            give_up.cancel()
            give_up.join()
        if not line:
            returncode = self.process.wait()
            raise SimulatorStartError(self.arguments, returncode, self.output)
        told = json.loads(line)
        if told.get("ready") is not True:
            raise SimulatorStartError(self.arguments, None, line)
        return Endpoints(rest_url=told["rest"], ws_url=told["ws"])

    def _close(self) -> int:
        try:
            returncode = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            returncode = self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._errors.close()
        return returncode

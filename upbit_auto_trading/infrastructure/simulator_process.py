"""The simulated exchange as a child process of the application."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from upbit_auto_trading.tasks import TaskOwner

_log = logging.getLogger(__name__)

_READY_WITHIN_S: Final = 20.0
_STOPS_WITHIN_S: Final = 0.7
_RESTART_DELAY_S: Final = 1.0


class SimulatorFailedError(Exception):
    """The simulated exchange didn't come up; `detail` is the last line it wrote."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"the simulated exchange didn't start: {detail}")
        self.detail = detail


@dataclass(frozen=True, slots=True)
class SimulatorAddress:
    """Where a running simulator accepts connections."""

    rest_url: str
    ws_url: str


class SimulatorProcess:
    """Starts `python -m upbit_auto_trading simulator`, keeps it running and ends it.

    The child ends with this process even when this one is killed: it watches its standard
    input. When it dies by itself it is started again on the same port, so that clients find
    it where it was.
    """

    def __init__(self, log_file: Path, options: tuple[str, ...] = ()) -> None:
        self._log_file = log_file
        self._options = options
        self._executor = ThreadPoolExecutor(max_workers=2, thread_name_prefix="simulator")
        self._tasks = TaskOwner("simulator")
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = False
        self._log_start = 0

    def launch(self, port: int = 0) -> None:
        """Start the child without waiting for it (so that it starts beside other work)."""
        command = [sys.executable, "-m", "upbit_auto_trading", "simulator", "--port", str(port)]
        with self._log_file.open("ab") as log:
            self._log_start = log.tell()
            self._child = subprocess.Popen(  # noqa: S603 -- our own program, no shell
                [*command, "--exit-with-parent", *self._options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PYTHONPATH": _with_package(os.environ.get("PYTHONPATH"))},
            )

    async def ready(self) -> SimulatorAddress:
        """Wait until the launched child accepts connections; keep it running from then on.

        Raises:
            SimulatorFailedError: it ended or said nothing in time.
        """
        address = await self._address()
        port = int(address.rest_url.rpartition(":")[2])
        self._tasks.start(self._keep_running(port), "keep-running")
        return address

    def kill(self) -> None:
        """End the child at once, where no loop runs to wait for it."""
        self._stopping = True
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
        self._executor.shutdown(wait=True)

    async def stop(self) -> None:
        """End the child; return when it is gone. Harmless when repeated."""
        self._stopping = True
        child = self._child
        if child is not None and child.poll() is None:
            child.terminate()
            try:
                await asyncio.wait_for(self._in_thread(child), _STOPS_WITHIN_S)
            except TimeoutError:
                child.kill()
                await self._in_thread(child)
        await self._tasks.close()
        if child is not None:
            _close_pipes(child)
        self._executor.shutdown(wait=True)

    async def _address(self) -> SimulatorAddress:
        child = self._child
        if child is None or child.stdout is None:
            raise SimulatorFailedError("it was never launched")
        loop = asyncio.get_running_loop()
        reading = loop.run_in_executor(self._executor, child.stdout.readline)
        try:
            line = await asyncio.wait_for(asyncio.shield(reading), _READY_WITHIN_S)
        except TimeoutError:
            child.kill()
            await reading
            raise SimulatorFailedError(f"nothing heard within {_READY_WITHIN_S:.0f} s") from None
        try:
            said = json.loads(line)
            return SimulatorAddress(said["rest"], said["ws"])
        except (ValueError, KeyError, TypeError):
            raise SimulatorFailedError(self._last_line()) from None

    async def _keep_running(self, port: int) -> None:
        while not self._stopping:
            child = self._child
            if child is None:
                return
            code = await self._in_thread(child)
            _close_pipes(child)
            if self._stopping:
                return
            _log.warning("the simulated exchange ended with code %s and is started again", code)
            await asyncio.sleep(_RESTART_DELAY_S)
            self.launch(port)
            try:
                await self._address()
            except SimulatorFailedError as error:
                _log.error("%s", error)

    def _last_line(self) -> str:
        try:
            said = self._log_file.read_bytes()[self._log_start :]
        except OSError:
            said = b""
        lines = said.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it ended without a word"

    async def _in_thread(self, child: subprocess.Popen[bytes]) -> int:
        return await asyncio.get_running_loop().run_in_executor(self._executor, child.wait)


def _with_package(path: str | None) -> str:
    """Where modules are looked for, this package first: the working directory may be any."""
    root = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join([root, path] if path else [root])


def _close_pipes(child: subprocess.Popen[bytes]) -> None:
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()

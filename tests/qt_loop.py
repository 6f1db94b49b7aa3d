"""The window's loop for tests: between the phases of a test it stands still."""

import asyncio
from typing import Any

import qasync


class PausingLoop(qasync.QEventLoop):  # type: ignore[misc]  # qasync has no types
    """Runs callbacks only while it runs.

    Between a fixture and its test, pytest-qt lets Qt handle its events, and qasync's timers are
    among them: a task's step would run then without a running loop.
    """

    def _add_callback(self, handle: asyncio.TimerHandle, delay: float = 0) -> asyncio.TimerHandle:
        super()._add_callback(_Waiting(self, handle), delay)
        return handle


class _Waiting:
    """What qasync's timer holds in a handle's place."""

    def __init__(self, loop: PausingLoop, handle: asyncio.TimerHandle) -> None:
        self._loop = loop
        self._handle: Any = handle

    @property
    def _cancelled(self) -> bool:
        return bool(self._handle._cancelled)

    def __repr__(self) -> str:
        return repr(self._handle)

    def cancelled(self) -> bool:
        """Whether it won't be run any more."""
        return self._cancelled

    def _run(self) -> None:
        if asyncio._get_running_loop() is self._loop or self._is_stop():
            self._handle._run()
        elif not self._loop.is_closed():
            self._loop._add_callback(self._handle)

    def _is_stop(self) -> bool:
        """Whether it ends a run of the loop: kept for the next run, it would end that one."""
        name = getattr(getattr(self._handle, "_callback", None), "__qualname__", "")
        return str(name).endswith("run_until_complete.<locals>.stop")

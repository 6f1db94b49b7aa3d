"""A process for long calculations: started when first needed, kept warm, ended with its owner."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from upbit_auto_trading.domain.calculation import CalculationCancelled, CalculationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnContext, SpawnProcess
    from multiprocessing.synchronize import Event
    from types import TracebackType

R = TypeVar("R")

_TELL_EVERY_S: Final = 0.05
# How long a cancelled calculation may take to notice before its process is killed.
_NOTICE_S: Final = 1.0
_END_S: Final = 0.5
_YOUNG: Final = 100_000
_DONE, _RAISED, _CANCELLED, _PROGRESS = "done", "raised", "cancelled", "progress"


class WorkerProcess:
    """An async context manager; fits `application.calculations.Worker`.

    Args:
        name: of the process and of the thread that listens to it.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._context: SpawnContext = multiprocessing.get_context("spawn")
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=f"{name}-worker")
        self._turn = asyncio.Lock()
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._stop: Event | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the process, whatever it is doing. Harmless when repeated."""
        self._end()
        self._executor.shutdown(wait=True)

    async def run(
        self,
        work: Callable[..., R],
        *arguments: Any,
        on_progress: Callable[[float], None] = lambda _fraction: None,
    ) -> R:
        """Return what `work(report, *arguments)` returns in the process; see the port."""
        async with self._turn:
            loop = asyncio.get_running_loop()

            def tell(fraction: float) -> None:
                loop.call_soon_threadsafe(on_progress, fraction)

            asked = work, arguments
            listening = loop.run_in_executor(self._executor, self._converse, asked, tell)
            try:
                kind, value = await asyncio.shield(listening)
            except asyncio.CancelledError:
                await self._abandon(listening)
                raise
        if kind == _RAISED:
            raise value
        result: R = value
        return result

    async def _abandon(self, listening: asyncio.Future[tuple[str, Any]]) -> None:
        """End the work underway, with its process when it doesn't notice."""
        if self._stop is not None:
            self._stop.set()
        await asyncio.wait([listening], timeout=_NOTICE_S)
        if not listening.done():
            self._end()
            await asyncio.wait([listening])
        if not listening.cancelled():
            listening.exception()

    def _converse(
        self,
        asked: tuple[Callable[..., Any], tuple[Any, ...]],
        on_progress: Callable[[float], None],
    ) -> tuple[str, Any]:
        """Ask the process and listen until it has done; in the thread."""
        pipe = self._started()
        try:
            pipe.send(asked)
            while True:
                kind, value = pipe.recv()
                if kind != _PROGRESS:
                    return kind, value
                on_progress(value)
        except (EOFError, OSError):
            code = None if self._process is None else self._process.exitcode
            self._end()
            raise CalculationError(code) from None

    def _started(self) -> Connection:
        if self._process is not None and self._process.is_alive() and self._pipe is not None:
            assert self._stop is not None  # noqa: S101 -- made with the process
            self._stop.clear()
            return self._pipe
        self._end()
        ours, theirs = self._context.Pipe()
        self._stop = self._context.Event()
        self._process = self._context.Process(
            target=_serve, args=(theirs, self._stop), name=self._name, daemon=True
        )
        self._process.start()
        theirs.close()
        self._pipe = ours
        return ours

    def _end(self) -> None:
        process, pipe = self._process, self._pipe
        self._process = self._pipe = None
        if process is not None:
            process.kill()
            process.join(_END_S)
        if pipe is not None:
            pipe.close()


def _serve(pipe: Connection, stop: Event) -> None:
    """Do one calculation after the other until nobody is there to ask for one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(5)
    # A run keeps hundreds of thousands of values and next to no cycles: looking them through
    # again and again, as the collector does by itself, takes a third of the whole time.
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 100)
    while True:
        try:
            work, arguments = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer = (_DONE, work(_Report(pipe, stop), *arguments))
        except CalculationCancelled:
            answer = (_CANCELLED, None)
        except Exception as error:  # noqa: BLE001 -- a supervisor: raised where the work was asked for
            answer = (_RAISED, error)
        pipe.send(answer)


class _Report:
    """Tells how far a calculation is; ends it when nobody waits for it."""

    def __init__(self, pipe: Connection, stop: Event) -> None:
        self._pipe = pipe
        self._stop = stop
        self._told_at = 0.0

    def __call__(self, fraction: float) -> None:
        now = time.monotonic()
        if now - self._told_at < _TELL_EVERY_S:
            return
        self._told_at = now
        if self._stop.is_set():
            raise CalculationCancelled
        self._pipe.send((_PROGRESS, fraction))

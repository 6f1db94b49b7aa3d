"""Calculations in a process of their own: results, progress, errors, a cancel, a killed process."""

import asyncio
import os
import signal

import pytest

from tests.worker_jobs import add, count_up, end_the_process, name_of_process, refuse
from upbit_auto_trading.domain.calculation import CalculationError
from upbit_auto_trading.infrastructure.worker_process import WorkerProcess


async def test_a_calculation_runs_in_another_process_and_the_next_one_in_the_same() -> None:
    async with WorkerProcess("sums") as worker:
        assert await worker.run(add, 2, 3) == 5
        first, second = await worker.run(name_of_process), await worker.run(name_of_process)
    assert first == second
    assert first[0] == "sums"
    assert first[1] != os.getpid()


async def test_what_a_calculation_raises_is_raised_where_it_was_asked_for() -> None:
    async with WorkerProcess("errors") as worker:
        with pytest.raises(ValueError, match="7 is refused"):
            await worker.run(refuse, 7)
        assert await worker.run(add, 1, 1) == 2


async def test_progress_is_told_while_it_goes_on_and_a_cancelled_one_ends_at_its_next_report() -> (
    None
):
    told: list[float] = []
    halfway = asyncio.Event()

    def progress(fraction: float) -> None:
        told.append(fraction)
        halfway.set()

    async with WorkerProcess("counting") as worker:
        _, pid = await worker.run(name_of_process)
        endless = asyncio.ensure_future(worker.run(count_up, None, on_progress=progress))
        async with asyncio.timeout(30):
            await halfway.wait()
        endless.cancel()
        with pytest.raises(asyncio.CancelledError):
            await endless
        _, pid_after = await worker.run(name_of_process)
    assert told
    assert pid_after == pid, "a calculation that notices its end leaves the process warm"


async def test_calculations_wait_for_their_turn_and_one_cancelled_while_waiting_never_runs() -> (
    None
):
    async with WorkerProcess("queue") as worker:
        counting = asyncio.ensure_future(worker.run(count_up, None))
        waiting = asyncio.ensure_future(worker.run(add, 1, 2))
        dropped = asyncio.ensure_future(worker.run(end_the_process))
        await asyncio.sleep(0)
        dropped.cancel()
        counting.cancel()
        async with asyncio.timeout(30):
            assert await waiting == 3
        await asyncio.wait([dropped, counting])


async def test_a_process_that_dies_fails_its_calculation_only() -> None:
    async with WorkerProcess("mortal") as worker:
        with pytest.raises(CalculationError):
            await worker.run(end_the_process)
        _, pid = await worker.run(name_of_process)
        os.kill(pid, signal.SIGKILL)
        # Its death may be seen before the work is sent, or after.
        await asyncio.gather(worker.run(add, 1, 1), return_exceptions=True)
        assert await worker.run(add, 2, 2) == 4


async def test_an_owner_that_ends_takes_the_process_with_it() -> None:
    async with WorkerProcess("short") as worker:
        running = asyncio.ensure_future(worker.run(count_up, None))
        running.cancel()
        await asyncio.wait([running])
    with pytest.raises(RuntimeError):
        await worker.run(add, 1, 1)

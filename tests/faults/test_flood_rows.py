"""Row 32 of the fault matrix: ten times the traffic.

That the window goes on being painted is tests/gui's part of the row.
"""

import asyncio
import time
from dataclasses import asdict, dataclass

import psutil
import pytest

from tests.faults.harness import Scene, exchange, scene, told
from tests.faults.history import history_of
from tests.long_runs import LongRun
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.trade import Trade

RATE = 20_000


@dataclass
class _Flood:
    """What a burst does to the process that takes it in.

    `worst_lag_ms` is how late a 5 ms timer came, `worst_turn_ms` the longest time that this
    thread worked between two of its turns, which other programs can't lengthen.
    """

    per_s: float
    worst_lag_ms: float
    worst_turn_ms: float
    grown_mb: float
    kept_mb: float
    lost: int


async def _flood(seconds: float, burn_s: float = 0.0) -> _Flood:
    process = psutil.Process()
    async with exchange() as upbit:
        listed = [row["market"] for row in await upbit.rest("market/all")]
        markets = [market for market in listed if market.startswith("KRW-")][:30]
        streams = [Stream(c, m) for m in markets for c in ("ticker", "trade", "orderbook")]
        async with scene(upbit, streams) as one:
            _keep_trades(one, burn_s)
            seen = one.intake.received
            before = peak = process.memory_info().rss
            worst_lag = worst_turn = 0.0
            await upbit.fault("burst", rate=RATE, seconds=seconds)
            started = time.perf_counter()
            while time.perf_counter() - started < seconds:
                turn, work = time.perf_counter(), time.thread_time()
                await asyncio.sleep(0.005)
                worst_lag = max(worst_lag, time.perf_counter() - turn - 0.005)
                worst_turn = max(worst_turn, time.thread_time() - work)
                peak = max(peak, process.memory_info().rss)
            got = one.intake.received - seen
            assert one.reconnects == 0
            lost = 0 if burn_s else (await history_of(one)).lost
            return _Flood(
                per_s=got / seconds,
                worst_lag_ms=worst_lag * 1000,
                worst_turn_ms=worst_turn * 1000,
                grown_mb=(peak - before) / 2**20,
                kept_mb=(process.memory_info().rss - before) / 2**20,
                lost=lost,
            )


def _keep_trades(one: Scene, burn_s: float) -> None:
    """Let the listener spend `burn_s` on every value and keep the trades alone."""
    one.values[:] = [value for value in one.values if isinstance(value, Trade)]
    keep = one.values.append

    def take(value: object) -> None:
        if isinstance(value, Trade):
            keep(value)
        _burn(burn_s)

    one.take = take  # type: ignore[method-assign]


def _burn(seconds: float) -> None:
    if not seconds:
        return
    until_s = time.thread_time() + seconds
    while time.thread_time() < until_s:
        pass


@pytest.mark.long("fault_rows")
async def test_row_32_flood(long_run: LongRun) -> None:
    figures = await _flood(max(2, long_run.count(30)))
    long_run.record(**asdict(figures))
    told(32, "flood", figures, "turns ≤ 100 ms, ≤ 50 MB more, no trade lost")
    assert figures.worst_turn_ms <= 100
    assert figures.grown_mb <= 50
    assert figures.lost == 0
    if long_run.full:
        assert figures.per_s > 3000
        assert figures.worst_lag_ms <= 100


async def test_row_32_without_its_defence_fails() -> None:
    """Work per frame instead of per painted picture keeps the loop from everything else."""
    figures = await _flood(2.0, burn_s=0.02)
    assert figures.worst_turn_ms > 100

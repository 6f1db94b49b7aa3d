"""Rows 1, 5, 6, 8 and 9 of the fault matrix: connections that close, hang, flap or grow old."""

import asyncio
import time
from dataclasses import dataclass, replace

import pytest

from tests.faults.harness import (
    NEVER,
    USUAL,
    beside,
    exchange,
    fast,
    is_current,
    passes,
    relaxed,
    scene,
    squeezed,
    told,
    until,
    waits,
)
from tests.faults.history import History, history_of
from tests.faults.relay import Relayed, relay_to
from tests.long_runs import LongRun
from upbit_auto_trading.application.candles import ChartSession, ChartState
from upbit_auto_trading.domain.failure import MarketDataError, NotConnectedError
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.clock import Clock
from upbit_auto_trading.infrastructure.market_data_backbone.gap_repair import GapRepair
from upbit_auto_trading.infrastructure.market_data_backbone.smart_router import SmartRouter
from upbit_auto_trading.infrastructure.market_data_backbone.socket_pair import SocketPair
from upbit_auto_trading.infrastructure.market_data_backbone.stream_watchdog import StreamWatchdog
from upbit_auto_trading.infrastructure.upbit.reconnect import LossCause
from upbit_auto_trading.infrastructure.upbit.websocket_client import WebSocketClient

BOOK = Stream("orderbook", "KRW-XRP")
TICKER = Stream("ticker", "KRW-BTC")
TRADES = Stream("trade", "KRW-XRP")
ALL = (BOOK, TICKER, TRADES)
Patch = pytest.MonkeyPatch


# 1: the server closes


async def _seconds_back(code: int, count: int, squeeze: float, *, standby: bool = True) -> float:
    """Close `count` times; return the longest time until there was data again in exchange s."""
    longest = 0.0
    policy = replace(squeezed(squeeze), standby=standby)
    async with exchange(*fast(squeeze)) as upbit, scene(upbit, ALL, policy) as one:
        for number in range(count):
            if standby:
                await one.standing_by()
            if number > 1:  # a connection that didn't last counts as a failed attempt
                await passes(3.2 / squeeze)
            await upbit.fault("close", code=code)
            longest = max(longest, await one.next_data(1.5 / squeeze) * squeeze)
            if longest == NEVER:
                return longest
        assert (await history_of(one)).holds
    return longest


@pytest.mark.long("fault_rows")
@pytest.mark.parametrize("code", [1000, 1001, 1006, 1011, 1012])
async def test_row_01_closed_by_the_server(code: int, long_run: LongRun) -> None:
    count = max(2, long_run.count(12))
    longest = await relaxed(lambda s: _seconds_back(code, count, s), lambda s: s <= 1.0, 1)
    long_run.record(slowest_s=longest)
    told(1, f"data again after {code}, p99 in s", longest, "≤ 1.0")
    assert longest <= 1.0


async def test_row_01_without_its_defence_fails(monkeypatch: Patch) -> None:
    waits(monkeypatch, 5.0)
    assert await _seconds_back(1006, 1, 1, standby=False) > 1.0


# 5: a black hole


@dataclass
class _Seen:
    """What the trader's screen reads while the path is dead, in exchange seconds."""

    amber_s: float = NEVER
    noticed_s: float = NEVER


async def _black_hole(factor: float, **timings: float) -> _Seen:
    seen = _Seen()
    policy = squeezed(factor, **timings)
    async with exchange(*fast(factor)) as upbit, relay_to(upbit.ws_url) as relay:
        path = Relayed(relay)
        async with scene(upbit, ALL, policy, ws_url=path.ws_url, rest_url=path.rest_url) as one:
            session = ChartSession(one.feed, lambda: None)
            await session.show("KRW-XRP", "1m")
            await until(lambda: session.status().state is ChartState.LIVE, 20)
            await passes(12 / factor)
            relay.swallow()
            started = time.perf_counter()
            amber = (ChartState.STALE, ChartState.OFFLINE)

            def look() -> bool:
                passed = (time.perf_counter() - started) * factor
                if seen.amber_s == NEVER and session.status().state in amber:
                    seen.amber_s = passed
                if any(
                    e["what"].startswith("connection_reconnecting")
                    and e["cause"] in ("pong_missing", "data_stalled")
                    for e in one.timeline
                ):
                    seen.noticed_s = passed
                return seen.noticed_s < NEVER

            await until(look, 17.0 / factor)
            relay.pass_on()
            await session.close()
    return seen


async def test_row_05_black_hole() -> None:
    seen = await relaxed(_black_hole, lambda s: s.noticed_s <= 16 and s.amber_s <= 5, 5)
    told(5, "noticed after (exchange s)", seen.noticed_s, "≤ 16")
    told(5, "amber after (exchange s)", seen.amber_s, "≤ 5")
    assert seen.noticed_s <= 16
    assert seen.amber_s <= 5


async def test_row_05_without_its_defence_fails(monkeypatch: Patch) -> None:
    monkeypatch.setattr(StreamWatchdog, "suspicious", lambda *_: frozenset())
    seen = await _black_hole(5, ping_interval=1000.0)
    assert seen.noticed_s > 16
    assert seen.amber_s > 5


# 6: suspended for an hour


async def _resume(squeeze: float) -> tuple[float, int, int]:
    """Return exchange s until the first connect after an hour's sleep, turns and connects since."""
    hours = [0.0]
    began, wall = time.perf_counter(), time.time()
    # The sleep is in our wall clock alone, so neither clock is squeezed here.
    clock = Clock(time.perf_counter, lambda: wall + time.perf_counter() - began + hours[0])
    policy = replace(squeezed(squeeze), clock=clock)
    async with (
        exchange("--limits-speed", str(squeeze)) as upbit,
        relay_to(upbit.ws_url) as relay,
        scene(upbit, ALL, policy, ws_url=Relayed(relay).ws_url) as one,
    ):
        await one.standing_by()
        relay.swallow()  # what was open before the sleep is dead afterwards
        connects, turns = len(relay.connects), one.metrics("loop")["lag_ms"]["count"]
        hours[0] = 3600.0
        took = await until(lambda: len(relay.connects) > connects, 2.0 / squeeze)
        relay.pass_on()
        if took < NEVER:
            assert await one.next_data(20) < NEVER
        turned = one.metrics("loop")["lag_ms"]["count"] - turns
        return took * squeeze, turned, len(relay.connects) - connects


async def test_row_06_half_open_after_a_suspend() -> None:
    took, turned, connects = await relaxed(_resume, lambda found: found[0] <= 1.0, 1)
    told(6, "reconnect began after s", took, "≤ 1")
    told(6, "turns of the watch and connects since", (turned, connects), "not 3,600")
    assert took <= 1.0
    assert turned < 200
    assert connects <= 8


async def test_row_06_without_its_defence_fails(monkeypatch: Patch) -> None:
    async def blind(_: WebSocketClient) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(WebSocketClient, "_watch_clock", blind)
    took, _, _ = await _resume(1)
    assert took > 1.0


# 8: flapping


async def _flapping(factor: float, exchange_s: float) -> dict[str, float]:
    async with exchange(*fast(factor)) as upbit, relay_to(upbit.ws_url) as relay:
        path = Relayed(relay)
        async with scene(upbit, ALL, squeezed(factor), ws_url=path.ws_url) as one:
            await one.standing_by()
            await upbit.fault("flap", every_s=3 / factor, code=1006)
            connects, cpu, began = len(relay.connects), time.process_time(), time.perf_counter()
            asked = answered = 0
            while time.perf_counter() - began < exchange_s / factor:
                for market in ("KRW-BTC", "KRW-ETH"):
                    asked += 1
                    try:
                        answer = await one.feed.ticker(market)
                    except MarketDataError:
                        continue
                    answered += is_current(answer, factor)
                await passes(0.3 / factor)
            figures = {
                "success": answered / asked,
                "asked": asked,
                "connects_s": relay.most_in(1.0 / factor),
                "spacing_s": exchange_s / max(1, len(relay.connects) - connects),
                "cpu": (time.process_time() - cpu) / exchange_s,
            }
            await upbit.clear("flap")
            assert await one.next_data(20) < NEVER
            return figures


@pytest.mark.long("fault_rows")
async def test_row_08_flapping(long_run: LongRun) -> None:
    exchange_s = max(40, long_run.count(600))
    figures = await relaxed(
        lambda factor: _flapping(factor, exchange_s), lambda found: found["success"] >= 0.99, 10
    )
    long_run.record(**figures)
    told(8, "flapping", figures, "success ≥ 0.99, ≤ 5 connects/s, ≥ 1.5 s apart, ≤ 30 % CPU")
    assert figures["success"] >= 0.99
    assert figures["connects_s"] <= 5
    assert figures["spacing_s"] >= 1.5
    assert figures["cpu"] <= 0.3


async def test_row_08_without_its_defence_fails(monkeypatch: Patch) -> None:
    async def nobody(*_: object, **__: object) -> None:
        raise NotConnectedError("rest", "disabled")

    monkeypatch.setattr(SmartRouter, "_ask_rest", nobody)
    waits(monkeypatch, 0.5)
    assert (await _flapping(10, 20))["success"] < 0.99


# 9: the connection's life ends


async def _handover(settle_s: float = 20.0) -> tuple[History, float, int]:
    policy = beside(30, replace(USUAL, timings=replace(USUAL.timings, connection_lifetime=2.0)))
    async with exchange("--speed", "30") as upbit, scene(upbit, (TRADES, BOOK), policy) as one:
        await one.standing_by()
        old = (await upbit.carrying())[0]
        overlap_began = ended = 0.0

        async def watch() -> None:
            nonlocal overlap_began, ended
            while not ended:
                carrying = await upbit.carrying()
                now = time.perf_counter()
                if len(carrying) == 2 and not overlap_began:
                    overlap_began = now
                if old not in carrying and carrying:
                    ended = now

        async with asyncio.timeout(40):
            await watch()
        history = await history_of(one, settle_s=settle_s)
        overlap = ended - overlap_began if overlap_began else 0.0
        return history, overlap, one.metrics("streams")["promotions"]


async def test_row_09_renewed_connection() -> None:
    history, overlap, promotions = await _handover()
    told(9, "history of a handover", history, "0 missing")
    told(9, "overlap in s", overlap, "≤ 2")
    assert history.holds
    assert promotions >= 1
    assert overlap <= 2.0


async def test_row_09_without_its_defence_fails(monkeypatch: Patch) -> None:
    def broken_first(pair: SocketPair) -> bool:
        pair.standby.drop(LossCause.REPLACED)
        pair.active.drop(LossCause.REPLACED)
        return True

    monkeypatch.setattr(SocketPair, "begin_handover", broken_first)
    monkeypatch.setattr(GapRepair, "begin", lambda *_, **__: None)
    waits(monkeypatch, 0.3)
    history, _, _ = await _handover(settle_s=1)
    assert history.lost > 0

"""Rows 11–15 of the fault matrix: connected, and nothing comes."""

import time
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.faults.harness import (
    NEVER,
    Exchange,
    Scene,
    exchange,
    history_of,
    passes,
    scene,
    squeezed,
    told,
    until,
)
from tests.long_runs import LongRun
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import StreamState
from upbit_auto_trading.infrastructure.market_data_backbone.feed_supervisor import FeedSupervisor
from upbit_auto_trading.infrastructure.market_data_backbone.stream_watchdog import StreamWatchdog
from upbit_auto_trading.infrastructure.upbit.reconnect import LossCause
from upbit_auto_trading.infrastructure.upbit.rest_client import UpbitRestClient

Patch = pytest.MonkeyPatch
BOOK = Stream("orderbook", "KRW-XRP")
TRADES = Stream("trade", "KRW-XRP")
SQUEEZE = 5
FAST = ("--speed", str(SQUEEZE), "--limits-speed", str(SQUEEZE))


def _blind(patch: Patch) -> None:
    """Let the watchdog see nothing, neither by rhythm nor by comparing with REST."""
    patch.setattr(StreamWatchdog, "suspicious", lambda *_: frozenset())
    patch.setattr(StreamWatchdog, "sweep_due", lambda *_: False)


# 11: all data stops


@dataclass
class _Mute:
    stalled_s: float = NEVER
    asked_s: float = NEVER
    reconnected_s: float = NEVER
    back_s: float = NEVER


async def _all_mute(exchange_s: float) -> _Mute:
    seen = _Mute()
    async with exchange(*FAST) as upbit, scene(upbit, (BOOK, TRADES), squeezed(SQUEEZE)) as one:
        await one.standing_by()
        await passes(8 / SQUEEZE)
        requests = one.metrics("budgets")["socket_requests"]
        await upbit.fault("stall")
        started = time.perf_counter()

        def look() -> bool:
            passed = (time.perf_counter() - started) * SQUEEZE
            if one.feed.stream_health(BOOK).state is StreamState.STALLED:
                seen.stalled_s = min(seen.stalled_s, passed)
            if one.metrics("budgets")["socket_requests"] > requests:
                seen.asked_s = min(seen.asked_s, passed)
            if any(e.get("cause") == LossCause.DATA_STALLED for e in one.timeline):
                seen.reconnected_s = min(seen.reconnected_s, passed)
            return seen.reconnected_s < NEVER

        await until(look, exchange_s / SQUEEZE)
        await upbit.clear("stall")
        if seen.reconnected_s < NEVER:
            seen.back_s = await one.next_data(5)
            await until(lambda: one.feed.stream_health(TRADES).complete, 3)
            assert (await history_of(one)).holds
    return seen


async def test_row_11_all_data_stops() -> None:
    seen = await _all_mute(12)
    told(11, "stalled, asked again, reconnected (exchange s)", seen, "≤ 5, then ≤ 10")
    assert seen.stalled_s <= 5
    assert seen.asked_s <= seen.reconnected_s <= 10
    assert seen.back_s < NEVER


async def test_row_11_without_its_defence_fails(monkeypatch: Patch) -> None:
    _blind(monkeypatch)
    seen = await _all_mute(11)
    assert seen.stalled_s > 5
    assert seen.reconnected_s > 10


# 12: one of 200 stops


async def _one_mute(upbit: Exchange, exchange_s: float) -> tuple[float, set[Stream], int, float]:
    listed = [row["market"] for row in await upbit.rest("market/all")]
    markets = [market for market in listed if market.startswith("KRW-")][:200]
    streams = [Stream("orderbook", market) for market in markets]
    async with scene(upbit, streams, squeezed(SQUEEZE)) as one:
        await one.standing_by()
        await passes(8 / SQUEEZE)
        others: set[Stream] = set()
        requests = one.metrics("budgets")["socket_requests"]
        await upbit.fault("stall", market="KRW-XRP")

        def look() -> bool:
            states = {s: one.feed.stream_health(s).state for s in streams}
            others.update(s for s, v in states.items() if v is StreamState.STALLED and s != BOOK)
            return states[BOOK] is StreamState.STALLED

        flagged = await until(look, exchange_s / SQUEEZE) * SQUEEZE
        asked = await until(
            lambda: one.metrics("budgets")["socket_requests"] > requests, 3 / SQUEEZE
        )
        await upbit.clear("stall")
        return flagged, others, one.reconnects, asked


async def test_row_12_one_of_200_stops() -> None:
    async with exchange(*FAST) as upbit:
        flagged, others, reconnects, asked = await _one_mute(upbit, 11)
    told(12, "flagged after (exchange s)", flagged, "≤ 10")
    told(12, "others flagged, reconnects", (others, reconnects), "none, 0")
    assert flagged <= 10
    assert not others
    assert reconnects == 0
    assert asked < NEVER


async def test_row_12_without_its_defence_fails(monkeypatch: Patch) -> None:
    _blind(monkeypatch)
    async with exchange(*FAST) as upbit:
        flagged, _, _, _ = await _one_mute(upbit, 10.5)
    assert flagged > 10


# 13: truly quiet markets


class _Probes:
    """Counts requests for all markets, with their real times."""

    def __init__(self, patch: Patch) -> None:
        self.moments: list[float] = []
        ask = UpbitRestClient.tickers_of_quotes

        async def counted(client: UpbitRestClient, *args: Any, **more: Any) -> Any:
            self.moments.append(time.perf_counter())
            return await ask(client, *args, **more)

        patch.setattr(UpbitRestClient, "tickers_of_quotes", counted)


async def _quiet(patch: Patch, exchange_s: float, squeeze: float) -> tuple[int, float]:
    """Return reconnects, and the least spacing of all-market probes in exchange seconds."""
    probes = _Probes(patch)
    options = ("--speed", str(squeeze), "--limits-speed", str(squeeze), "--scenario", "quiet")
    async with exchange(*options) as upbit:
        listed = [row["market"] for row in await upbit.rest("market/all")]
        markets = [market for market in listed if market.startswith("KRW-")][40:100]
        streams = [Stream("trade", m) for m in markets] + [Stream("ticker", m) for m in markets]
        async with scene(upbit, streams, squeezed(squeeze)) as one:
            await passes(exchange_s / squeeze)
            gaps = [b - a for a, b in zip(probes.moments, probes.moments[1:], strict=False)]
            return one.reconnects, min(gaps, default=NEVER) * squeeze


@pytest.mark.long("faults")
async def test_row_13_quiet_markets(monkeypatch: Patch, long_run: LongRun) -> None:
    exchange_s = max(150, long_run.count(1800))
    reconnects, spacing = await _quiet(monkeypatch, exchange_s, 25)
    told(13, f"reconnects and probe spacing in {exchange_s} s", (reconnects, spacing), "0, ≥ 30 s")
    assert reconnects == 0
    assert spacing >= 29


async def test_row_13_without_its_defence_fails(monkeypatch: Patch) -> None:
    def age_alone(streams: Any, *_: object) -> frozenset[Stream]:
        return frozenset(live.stream for live in streams)

    def old(_: StreamWatchdog, streams: Any, now: float) -> frozenset[Stream]:
        return frozenset(s.stream for s in streams if s.last_at and now - s.last_at > 10 / 25)

    monkeypatch.setattr(StreamWatchdog, "behind", staticmethod(age_alone))
    monkeypatch.setattr(StreamWatchdog, "suspicious", old)
    reconnects, spacing = await _quiet(monkeypatch, 100, 25)
    assert reconnects > 0 or spacing < 29


# 14: status frames stop


async def _no_status() -> tuple[int, int, bool]:
    policy = squeezed(SQUEEZE)
    async with exchange(*FAST) as upbit, scene(upbit, (BOOK, TRADES), policy) as one:
        await upbit.fault("no_status")
        requests = one.metrics("budgets")["socket_requests"]
        await passes(15 / SQUEEZE)
        asked = one.metrics("budgets")["socket_requests"] - requests
        return one.reconnects, asked, (await history_of(one)).holds


async def test_row_14_status_frames_stop() -> None:
    reconnects, asked, holds = await _no_status()
    told(14, "reconnects, requests in 15 exchange s", (reconnects, asked), "no action")
    assert (reconnects, asked, holds) == (0, 0, True)


async def test_row_14_without_its_defence_fails(monkeypatch: Patch) -> None:
    """Judging the data by status frames is the defect this product leaves out."""
    look = FeedSupervisor._look_after_streams

    def judging(supervisor: FeedSupervisor, now: float) -> None:
        feed = supervisor._feed
        if feed.monitor.intake.statuses == 0 and now - feed._epoch_began_at > 10 / SQUEEZE:
            feed.socket.drop(LossCause.DATA_STALLED)
        look(supervisor, now)

    monkeypatch.setattr(FeedSupervisor, "_look_after_streams", judging)
    reconnects, _, _ = await _no_status()
    assert reconnects > 0


# 15: late pongs


async def _late_pongs(exchange_s: float, wait_s: float, **timings: float) -> tuple[float, Scene]:
    policy = replace(squeezed(SQUEEZE, **timings), standby=False)
    async with exchange(*FAST) as upbit:
        await upbit.fault("slow_pong", ms=int(exchange_s * 1000 / SQUEEZE))
        async with scene(upbit, (BOOK, TRADES), policy) as one:
            took = await until(lambda: one.reconnects > 0, wait_s / SQUEEZE)
            return took * SQUEEZE, one


async def test_row_15_late_pongs() -> None:
    four, _ = await _late_pongs(4, 20)
    twenty, one = await _late_pongs(20, 20)
    told(15, "reconnect with pongs 4 s and 20 s late (exchange s)", (four, twenty), "never, yes")
    assert four == NEVER
    assert twenty <= 16
    assert any(e.get("cause") == LossCause.PONG_MISSING for e in one.timeline)


async def test_row_15_without_its_defence_fails() -> None:
    impatient, _ = await _late_pongs(4, 20, pong_timeout=2 / SQUEEZE)
    assert impatient < NEVER
    patient, _ = await _late_pongs(20, 17, pong_timeout=60 / SQUEEZE)
    assert patient == NEVER

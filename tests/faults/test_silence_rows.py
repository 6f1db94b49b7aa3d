"""Rows 11–15 of the fault matrix: connected, and nothing comes."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import pytest

from tests.faults.harness import (
    NEVER,
    exchange,
    fast,
    passes,
    relaxed,
    scene,
    squeezed,
    told,
    until,
)
from tests.faults.history import history_of
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
BUSIEST = Stream("orderbook", "KRW-BTC")
SQUEEZE = 5


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


async def _all_mute(squeeze: float) -> _Mute:
    seen = _Mute()
    async with (
        exchange(*fast(squeeze)) as upbit,
        scene(upbit, (BOOK, TRADES), squeezed(squeeze)) as one,
    ):
        await one.standing_by()
        await passes(8 / squeeze)
        requests = one.requests
        await upbit.fault("stall")
        started = time.perf_counter()

        def look() -> bool:
            passed = (time.perf_counter() - started) * squeeze
            if one.feed.stream_health(BOOK).state is StreamState.STALLED:
                seen.stalled_s = min(seen.stalled_s, passed)
            if one.requests > requests:
                seen.asked_s = min(seen.asked_s, passed)
            if any(e.get("cause") == LossCause.DATA_STALLED for e in one.timeline):
                seen.reconnected_s = min(seen.reconnected_s, passed)
            return seen.reconnected_s < NEVER

        await until(look, 11 / squeeze)
        await upbit.clear("stall")
        if seen.reconnected_s < NEVER:
            seen.back_s = await one.next_data(20)
            await until(lambda: one.feed.stream_health(TRADES).complete, 20)
            assert (await history_of(one)).holds
    return seen


async def test_row_11_all_data_stops() -> None:
    seen = await relaxed(_all_mute, lambda s: s.stalled_s <= 5 and s.reconnected_s <= 10, SQUEEZE)
    told(11, "stalled, asked again, reconnected (exchange s)", seen, "≤ 5, then ≤ 10")
    assert seen.stalled_s <= 5
    assert seen.asked_s <= seen.reconnected_s <= 10
    assert seen.back_s < NEVER


async def test_row_11_without_its_defence_fails(monkeypatch: Patch) -> None:
    _blind(monkeypatch)
    seen = await _all_mute(SQUEEZE)
    assert seen.stalled_s > 5
    assert seen.reconnected_s > 10


# 12: one of 200 stops


@dataclass
class _OneMute:
    flagged_s: float
    asked: bool
    others: set[Stream]
    reconnects: int


async def _one_mute(squeeze: float) -> _OneMute:
    async with exchange(*fast(squeeze)) as upbit:
        listed = [row["market"] for row in await upbit.rest("market/all")]
        markets = [market for market in listed if market.startswith("KRW-")][:200]
        streams = [Stream("orderbook", market) for market in markets]
        async with scene(upbit, streams, squeezed(squeeze)) as one:
            await one.standing_by()
            live = one.feed._feed.store.open(BUSIEST)
            assert await until(lambda: live.arrivals >= 12, 60) < NEVER  # a rhythm to miss
            others: set[Stream] = set()
            await until(lambda: not one.feed._feed.stalled, 30)
            requests = one.requests
            await upbit.fault("stall", market="KRW-BTC")

            def look() -> bool:
                stalled = one.feed._feed.stalled
                others.update(stalled - {BUSIEST})
                return BUSIEST in stalled

            flagged = await until(look, 11 / squeeze) * squeeze
            asked = await until(lambda: one.requests > requests, 3 / squeeze) < NEVER
            await upbit.clear("stall")
            return _OneMute(flagged, asked, others, one.reconnects)


async def test_row_12_one_of_200_stops() -> None:
    seen = await relaxed(_one_mute, lambda s: s.flagged_s <= 10 and not s.others and s.asked, 4)
    told(12, "flagged after (exchange s)", seen.flagged_s, "≤ 10")
    told(12, "others flagged, reconnects", (seen.others, seen.reconnects), "none, 0")
    assert seen.flagged_s <= 10
    assert not seen.others
    assert seen.reconnects == 0
    assert seen.asked


async def test_row_12_without_its_defence_fails(monkeypatch: Patch) -> None:
    _blind(monkeypatch)
    assert (await _one_mute(4)).flagged_s > 10


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


async def _quiet(
    patch: Patch, exchange_s: float, squeeze: float, spoil: Callable[[], None] = lambda: None
) -> tuple[int, float]:
    """Return reconnects, and the least spacing of all-market probes in exchange seconds.

    `spoil` is called once every stream has delivered: a cold exchange is slow, and not quiet.
    """
    async with exchange(*fast(squeeze), "--scenario", "quiet") as upbit:
        listed = [row["market"] for row in await upbit.rest("market/all")]
        markets = [market for market in listed if market.startswith("KRW-")][40:70]
        streams = [Stream("trade", m) for m in markets] + [Stream("ticker", m) for m in markets]
        # Whether a busy exchange answers pings in time is row 15's.
        async with scene(upbit, streams, squeezed(squeeze, pong_timeout=20.0)) as one:
            reconnects, probes = one.reconnects, _Probes(patch)
            spoil()
            await passes(exchange_s / squeeze)
            gaps = [b - a for a, b in pairwise(probes.moments)]
            return one.reconnects - reconnects, min(gaps, default=NEVER) * squeeze


@pytest.mark.long("fault_rows")
async def test_row_13_quiet_markets(monkeypatch: Patch, long_run: LongRun) -> None:
    exchange_s = max(150, long_run.count(1800))
    reconnects, spacing = await relaxed(
        lambda squeeze: _quiet(monkeypatch, exchange_s, squeeze), lambda found: found[0] == 0, 25
    )
    long_run.record(reconnects=reconnects, probe_spacing_s=spacing)
    told(13, f"reconnects and probe spacing in {exchange_s} s", (reconnects, spacing), "0, ≥ 30 s")
    assert reconnects == 0
    assert spacing >= 29


async def test_row_13_without_its_defence_fails(monkeypatch: Patch) -> None:
    def age_alone(streams: Any, *_: object) -> frozenset[Stream]:
        return frozenset(live.stream for live in streams)

    def old(_: StreamWatchdog, streams: Any, now: float) -> frozenset[Stream]:
        return frozenset(s.stream for s in streams if s.last_at and now - s.last_at > 10 / 25)

    def spoil() -> None:
        monkeypatch.setattr(StreamWatchdog, "behind", staticmethod(age_alone))
        monkeypatch.setattr(StreamWatchdog, "suspicious", old)

    reconnects, spacing = await _quiet(monkeypatch, 150, 25, spoil)
    assert reconnects > 0 or spacing < 29


# 14: status frames stop


async def _no_status(squeeze: float) -> tuple[int, int, bool]:
    policy = squeezed(squeeze)
    async with exchange(*fast(squeeze)) as upbit, scene(upbit, (BOOK, TRADES), policy) as one:
        await upbit.fault("no_status")
        requests = one.requests
        await passes(15 / squeeze)
        asked = one.requests - requests
        return one.reconnects, asked, (await history_of(one)).holds


async def test_row_14_status_frames_stop() -> None:
    seen = await relaxed(_no_status, lambda found: found == (0, 0, True), SQUEEZE)
    told(14, "reconnects, requests in 15 exchange s, history", seen, "no action")
    assert seen == (0, 0, True)


async def test_row_14_without_its_defence_fails(monkeypatch: Patch) -> None:
    """Judging the data by status frames is the defect this product leaves out."""
    look = FeedSupervisor._look_after_streams

    def judging(supervisor: FeedSupervisor, now: float) -> None:
        feed = supervisor._feed
        if feed.monitor.intake.statuses == 0 and now - feed._epoch_began_at > 10 / SQUEEZE:
            feed.socket.drop(LossCause.DATA_STALLED)
        look(supervisor, now)

    monkeypatch.setattr(FeedSupervisor, "_look_after_streams", judging)
    reconnects, _, _ = await _no_status(SQUEEZE)
    assert reconnects > 0


# 15: late pongs


async def _late_pongs(
    late_s: float, squeeze: float, wait_s: float, **timings: float
) -> tuple[float, set[object]]:
    """Return the exchange s until a reconnect, and the causes of losses."""
    policy = replace(squeezed(squeeze, **timings), standby=False)
    async with exchange(*fast(squeeze)) as upbit:
        await upbit.fault("slow_pong", ms=int(late_s * 1000 / squeeze))
        async with scene(upbit, (BOOK, TRADES), policy) as one:
            took = await until(lambda: one.reconnects > 0, wait_s / squeeze)
            return took * squeeze, {e.get("cause") for e in one.timeline}


async def test_row_15_late_pongs() -> None:
    four, _ = await relaxed(lambda s: _late_pongs(4, s, 20), lambda found: found[0] == NEVER, 4)
    twenty, causes = await relaxed(lambda s: _late_pongs(20, s, 20), lambda f: f[0] <= 16, 5)
    told(15, "reconnect with pongs 4 s and 20 s late (exchange s)", (four, twenty), "never, yes")
    assert four == NEVER
    assert twenty <= 16
    assert LossCause.PONG_MISSING in causes


async def test_row_15_without_its_defence_fails() -> None:
    impatient, _ = await _late_pongs(4, SQUEEZE, 20, pong_timeout=2 / SQUEEZE)
    assert impatient < NEVER
    patient, _ = await _late_pongs(20, SQUEEZE, 17, pong_timeout=60 / SQUEEZE)
    assert patient == NEVER

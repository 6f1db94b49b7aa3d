"""Rows 18, 19, 20 and 22 of the fault matrix: what is asked for, and what becomes of it."""

import time

import pytest

from tests.faults.harness import (
    NEVER,
    Messages,
    beside,
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
from upbit_auto_trading.domain.failure import UnknownMarketError
from upbit_auto_trading.domain.stream import InvalidStreamError, Stream
from upbit_auto_trading.domain.subscription import StreamState
from upbit_auto_trading.infrastructure.market_data_backbone.live_feed import LiveFeed
from upbit_auto_trading.infrastructure.market_data_backbone.market_listing import MarketListing
from upbit_auto_trading.infrastructure.market_data_backbone.request_sender import RequestSender
from upbit_auto_trading.infrastructure.upbit import decode

Patch = pytest.MonkeyPatch
BOOK = Stream("orderbook", "KRW-XRP")
TRADES = Stream("trade", "KRW-XRP")
TICKER = Stream("ticker", "KRW-BTC")
LATER = Stream("ticker", "KRW-ETH")


# 18: requests lost or refused


async def _refused_request(
    name: str, squeeze: float, within: float = 4.0
) -> tuple[float, int, list[str], bool]:
    """Return the longest silence of the others in exchange s, requests, what was left out, done."""
    async with (
        exchange(*fast(squeeze)) as upbit,
        scene(upbit, (BOOK, TICKER), squeezed(squeeze)) as one,
    ):
        await one.standing_by()
        if name == "lost":
            await upbit.fault("lost_request", count=1)
        else:
            await upbit.fault("refuse_request", name=name, market="KRW-ETH", channel="ticker")
        requests = one.requests
        longest, last = 0.0, time.perf_counter()
        count = len(one.values)
        one.subscription.change(frozenset([BOOK, TICKER, LATER]))

        def refused() -> list[str]:
            return sorted(map(str, one.feed._feed.manager.isolated))

        def look() -> bool:
            nonlocal longest, last, count
            now = time.perf_counter()
            longest = max(longest, now - last)
            if len(one.values) > count:
                count, last = len(one.values), now
            return one.states([LATER]) == {StreamState.LIVE} or bool(refused())

        done = await until(look, within / squeeze) < NEVER
        await until(lambda: one.states([BOOK]) == {StreamState.LIVE}, 1.5 / squeeze)
        await passes(0.5 / squeeze)
        return longest * squeeze, one.requests - requests, refused(), done


@pytest.mark.parametrize("name", ["lost", "WRONG_FORMAT", "NO_CODES", "INVALID_PARAM"])
async def test_row_18_requests_lost_or_refused(name: str) -> None:
    expected = [] if name == "lost" else [str(LATER)]
    most = 2 if name == "lost" else 4

    def holds(found: tuple[float, int, list[str], bool]) -> bool:
        return found[0] <= 1.0 and found[1] <= most and found[2:] == (expected, True)

    found = await relaxed(lambda squeeze: _refused_request(name, squeeze), holds, 1)
    longest, asked, refused, done = found
    told(18, f"{name}: others without data for s, requests", (longest, asked), "≤ 1, few")
    assert done
    assert longest <= 1.0
    assert refused == expected
    assert asked <= most


async def test_row_18_without_its_defence_fails(monkeypatch: Patch) -> None:
    monkeypatch.setattr(RequestSender, "refused", lambda *_: frozenset())
    monkeypatch.setattr(LiveFeed, "ask_again", lambda _: None)
    _, asked, refused, done = await _refused_request("INVALID_PARAM", 1, 3)
    assert not done or asked > 4 or not refused
    _, _, _, lost_done = await _refused_request("lost", 1, 3)
    assert not lost_done


# 19: the server keeps the old set


async def _old_set(squeeze: float, within: float) -> tuple[float, float]:
    """Return the seconds until a kept old set was repaired: for an addition, for a removal."""
    async with (
        exchange(*fast(squeeze)) as upbit,
        scene(upbit, (BOOK, TICKER), squeezed(squeeze)) as one,
    ):
        await upbit.fault("keep_old_set", count=1)
        one.subscription.change(frozenset([BOOK, LATER]))
        added = await until(lambda: one.states([LATER]) == {StreamState.LIVE}, within / squeeze)
        await passes(1.0 / squeeze)
        await upbit.fault("keep_old_set", count=1)
        one.subscription.change(frozenset([LATER]))
        started = time.perf_counter()
        lingers_s = 0.3 / squeeze
        while time.perf_counter() - started < within / squeeze + lingers_s:
            if await upbit.subscribed() == {LATER}:
                removed = time.perf_counter() - started - lingers_s
                return added * squeeze, removed * squeeze
        return added * squeeze, NEVER


async def test_row_19_server_keeps_the_old_set() -> None:
    added, removed = await relaxed(lambda s: _old_set(s, 2.5), lambda found: max(found) <= 2.0, 1)
    told(19, "repaired after s: addition, removal", (added, removed), "≤ 2")
    assert added <= 2.0
    assert removed <= 2.0


async def test_row_19_without_its_defence_fails(monkeypatch: Patch) -> None:
    monkeypatch.setattr(LiveFeed, "ask_again", lambda _: None)
    added, removed = await _old_set(1, 2.0)
    assert added > 2.0
    assert removed > 2.0


# 20: the format changes under way


async def _other_format(settle_s: float = 20.0) -> tuple[dict[str, int], int, bool]:
    async with (
        exchange("--speed", "10") as upbit,
        scene(upbit, (BOOK, TRADES, TICKER), beside(10)) as one,
    ):
        await upbit.fault("format_switch", format="SIMPLE")
        for _ in range(5):
            assert await one.next_data(20) < NEVER
        before = len(one.values)
        repaired = NEVER
        started = time.perf_counter()
        while time.perf_counter() - started < 20:
            if {c["format"] for c in await upbit.connections() if c["subscriptions"]} == {
                "DEFAULT"
            }:
                repaired = time.perf_counter() - started
                break
        assert await until(lambda: len(one.values) > before, 20) < NEVER
        malformed = one.metrics("streams")["malformed"]
        history = await history_of(one, settle_s=settle_s)
        return malformed, one.reconnects, repaired < NEVER and history.holds


async def test_row_20_format_switch() -> None:
    malformed, reconnects, holds = await _other_format()
    told(20, "dropped, reconnects, repaired", (malformed, reconnects, holds), "0, 0, yes")
    assert malformed == {}
    assert reconnects == 0
    assert holds


async def test_row_20_without_its_defence_fails(monkeypatch: Patch) -> None:
    monkeypatch.setattr(decode, "_SIMPLE", {})
    try:
        malformed, _, holds = await _other_format(settle_s=1)
    except AssertionError:
        return  # nothing could be read any more
    assert malformed
    assert not holds


# 22: markets that aren't there


async def _delisted(factor: float, exchange_s: float) -> tuple[float, bool, bool]:
    """Return the exchange s until a delisting is noticed, whether it is out, and others flow."""
    async with (
        exchange(*fast(factor)) as upbit,
        scene(upbit, (BOOK, LATER), squeezed(factor)) as one,
    ):
        await passes(40 / factor)  # past the first look at all markets
        await upbit.fault("delist", market="KRW-ETH")
        manager = one.feed._feed.manager
        noticed = await until(lambda: LATER in manager.refused, exchange_s / factor)
        gone = noticed < NEVER
        if gone:
            await until(lambda: manager.sent == manager.wanted, 20)
            gone = LATER not in await upbit.subscribed() and one.happened("markets_refused")
        rest_flows = await one.next_data(20) < NEVER and one.reconnects == 0
        return noticed * factor, gone, rest_flows


async def test_row_22_unknown_and_delisted_markets(monkeypatch: Patch) -> None:
    messages = Messages(monkeypatch)
    async with exchange() as upbit, scene(upbit, (BOOK,)) as one:
        sent = len(messages.texts)
        with pytest.raises(UnknownMarketError):
            await one.subscription.replace([BOOK, Stream("ticker", "KRW-NOSUCH")])
        with pytest.raises(InvalidStreamError):
            Stream("ticker", "krw-btc")
        assert len(messages.texts) == sent
        assert one.subscription.streams == {BOOK}
    noticed, gone, flows = await relaxed(
        lambda factor: _delisted(factor, 65), lambda found: found[0] <= 61 and found[2], 20
    )
    told(22, "delisting noticed after (exchange s)", noticed, "≤ 60")
    assert noticed <= 61
    assert gone
    assert flows


async def test_row_22_without_its_defence_fails(monkeypatch: Patch) -> None:
    monkeypatch.setattr(MarketListing, "unknown", lambda *_: frozenset())
    messages = Messages(monkeypatch)
    async with exchange() as upbit, scene(upbit, (BOOK,)) as one:
        one.subscription.change(frozenset([BOOK, Stream("ticker", "KRW-NOSUCH")]))
        await until(lambda: "KRW-NOSUCH" in messages.texts[-1], 20)
        assert "KRW-NOSUCH" in messages.texts[-1]
    noticed, _, _ = await _delisted(20, 61)
    assert noticed > 60

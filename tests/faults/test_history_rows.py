"""Rows 25 to 27 of the fault matrix: what joins history and the stream, and what is missing."""

import sys
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.faults.harness import (
    NEVER,
    Exchange,
    Scene,
    beside,
    exchange,
    relaxed,
    scene,
    squeezed,
    takes_everything,
    told,
    until,
)
from tests.faults.history import History, history_of
from upbit_auto_trading.application.candles import ChartSession
from upbit_auto_trading.application.tick_intake import TickIntake, quality_of
from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.candle_series import CandleSeries
from upbit_auto_trading.domain.market_value import MarketValue
from upbit_auto_trading.domain.recording import TickTaken
from upbit_auto_trading.domain.stream import Delivery, Stream
from upbit_auto_trading.domain.subscription import ConnectionState, StreamState
from upbit_auto_trading.domain.tick import Quality
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone
from upbit_auto_trading.infrastructure.market_data_backbone.candle_pages import CandlePages
from upbit_auto_trading.infrastructure.market_data_backbone.gap_repair import GapRepair
from upbit_auto_trading.infrastructure.market_data_backbone.store import CandleStream

Patch = pytest.MonkeyPatch
TRADES = Stream("trade", "KRW-XRP")
MINUTES = Stream("candle.1m", "KRW-XRP")


# 25: realtime before its snapshot, snapshots of the previous candle


class _Watched:
    """A chart whose every change is looked at: its candles may only go forward."""

    def __init__(self, feed: MarketDataBackbone) -> None:
        self.session = ChartSession(feed, self._look)
        self.is_forward = True
        self.changes = 0
        self.newest = 0
        self._series: CandleSeries | None = None

    def _look(self) -> None:
        series = self.session.series
        if series is not self._series:
            self._series, self.newest = series, 0
        if series is None or not len(series):
            return
        starts = series.columns.start_ms
        self.is_forward = self.is_forward and bool((starts[1:] > starts[:-1]).all())
        self.is_forward = self.is_forward and int(starts[-1]) >= self.newest
        self.newest = int(starts[-1])
        self.changes += 1

    async def changed(self, times: int) -> None:
        begun = self.changes
        assert await until(lambda: self.changes >= begun + times, 30) < NEVER

    def closed(self) -> dict[int, float]:
        """Return the starts and closing prices of the last seven closed candles."""
        assert self.session.series is not None
        columns = self.session.series.columns
        starts, closes = columns.start_ms.tolist()[-8:-1], columns.close.tolist()[-8:-1]
        return dict(zip(starts, closes, strict=True))


async def _odd_snapshots() -> tuple[bool, bool]:
    """Return whether the chart's candles never went back, and whether the closed ones are right."""
    async with exchange("--speed", "60") as upbit:
        await upbit.fault("realtime_first")
        await upbit.fault("stale_snapshot")
        async with scene(upbit, (), beside(60)) as one:
            chart = _Watched(one.feed)
            session = chart.session
            await session.show("KRW-XRP", "1m")
            for _ in range(3):
                await chart.changed(5)
                await session.show("KRW-ETH", "1m")
                await session.show("KRW-XRP", "1m")
            for _ in range(2):  # the same snapshots once more, into a chart that has its history
                await chart.changed(10)
                await upbit.fault("close", code=1006, connection=(await upbit.carrying())[0])
            await chart.changed(10)
            newest = chart.newest
            assert await until(lambda: chart.newest >= newest + 120_000, 30) < NEVER
            await until(lambda: one.feed.stream_health(MINUTES).complete, 20)
            seen = chart.closed()
            await session.close()
            page = await upbit.rest("candles/minutes/1?market=KRW-XRP&count=30")
            truth = {_start_ms(row): row["trade_price"] for row in page}
            right = all(truth.get(start) == close for start, close in seen.items())
            return chart.is_forward, right


def _start_ms(row: dict[str, Any]) -> int:
    from datetime import UTC, datetime

    moment = datetime.fromisoformat(row["candle_date_time_utc"]).replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


async def test_row_25_snapshots_out_of_turn() -> None:
    forward, right = await _odd_snapshots()
    told(25, "candles only go forward, closed ones right", (forward, right), "yes, yes")
    assert forward
    assert right


async def test_row_25_without_its_defence_fails(monkeypatch: Patch) -> None:
    """A chart that takes whatever comes last for its newest candle."""

    def overwrite(series: CandleSeries, candle: Candle) -> bool:
        if not len(series):
            return False
        place = len(series) - 1
        series._start[place] = candle.start_ms
        return series._write(place, candle)

    monkeypatch.setattr(CandleSeries, "apply", overwrite)
    monkeypatch.setattr(CandleStream, "accept", takes_everything)
    forward, right = await _odd_snapshots()
    assert not (forward and right)


# 26: gaps


GAPS = {1: (1, 1.0), 60: (30, 3.0), 1800: (600, 30.0)}
"""Gap in exchange seconds: speed of the exchange, seconds allowed until it is filled."""


class _Rules:
    """What rules are given of the trades: prints, and word that there are none to be had."""

    def __init__(self, one: Scene) -> None:
        self._feed = one.feed
        self._intake = TickIntake()
        self._intake.begin(())
        self.ticks: list[TickTaken] = []
        one.feed.subscribe([TRADES], self._take, holder="trigger")

    def _quality(self) -> Quality:
        return quality_of(self._feed.connection_state, self._feed.stream_health(TRADES))

    def _take(self, value: MarketValue) -> None:
        if isinstance(value, Trade):
            self.ticks += self._intake.take(value, self._quality())

    def look(self) -> None:
        """Let the feed's health be read, as a run does all the time."""
        self.ticks += self._intake.check(self._quality())

    def of(self, quality: Quality) -> list[TickTaken]:
        return [taken for taken in self.ticks if taken.tick.quality is quality]


@dataclass
class _Gap:
    """`fired`: how many prints rules could fire on although they were missed when they came."""

    filled_s: float
    incomplete: bool
    unknown: bool
    fired: int
    history: History


async def _gap(length: int, pace: float = 1.0, settle_s: float = 20.0) -> _Gap:
    """End every connection for `length` exchange seconds and see how the gap is closed.

    `pace` below 1 is slow motion: of the market, of the limits and of our own durations.
    """
    speed = max(1.0, GAPS[length][0] * pace)
    streams = (TRADES, MINUTES)
    policy = beside(speed, squeezed(pace))
    options = ("--speed", str(speed), "--limits-speed", str(pace))
    async with exchange(*options) as upbit, scene(upbit, streams, policy) as one:
        await one.standing_by()
        rules = _Rules(one)
        await one.next_data(20)
        await upbit.fault("outage", target="ws", seconds=length / speed)
        await until(lambda: not _connected(one), 20)
        rules.look()
        incomplete = False

        def complete() -> bool:
            rules.look()
            return all(one.feed.stream_health(s).complete for s in streams)

        def back() -> bool:
            nonlocal incomplete
            incomplete = incomplete or not complete()
            return _connected(one) and one.states([TRADES]) == {StreamState.LIVE}

        assert await until(back, length / speed + 40) < NEVER
        filled = await until(complete, (GAPS[length][1] + 1) / pace)
        history = await history_of(one, settle_s=settle_s)
        missed = {
            value.sequential_id
            for value in one.values
            if isinstance(value, Trade) and value.origin.delivery is Delivery.BACKFILL
        }
        fired = sum(taken.print_id in missed for taken in rules.of(Quality.LIVE))
        unknown = bool(rules.of(Quality.MISSING))
        return _Gap(filled * pace, incomplete, unknown, fired, history)


def _connected(one: Scene) -> bool:
    return one.feed.connection_state is ConnectionState.CONNECTED


@pytest.mark.parametrize("length", GAPS)
async def test_row_26_gaps(length: int) -> None:
    allowed = GAPS[length][1]
    seen = await relaxed(
        lambda pace: _gap(length, pace),
        lambda gap: gap.filled_s <= allowed and gap.history.refused == 0,
        1,
    )
    told(26, f"gap of {length} s refilled in s", seen.filled_s, f"≤ {allowed}")
    told(26, "rules know nothing meanwhile, and fire on nothing missed", seen.unknown, "yes")
    assert seen.filled_s <= allowed
    assert seen.incomplete
    assert seen.unknown
    assert seen.fired == 0
    assert seen.history.holds, seen.history


async def test_row_26_without_its_defence_fails(monkeypatch: Patch) -> None:
    monkeypatch.setattr(GapRepair, "begin", lambda *_, **__: None)
    seen = await _gap(60, settle_s=1)
    assert seen.filled_s > 3.0
    assert seen.history.lost > 0


async def test_row_26_rules_without_word_of_the_gap_fire_on_what_was_missed(
    monkeypatch: Patch,
) -> None:
    """The twin of the rules' part: health that always claims to be live."""
    monkeypatch.setattr(sys.modules[__name__], "quality_of", lambda *_: Quality.LIVE, raising=True)
    take = TickIntake.take

    def as_live(intake: TickIntake, trade: Trade, quality: Quality) -> list[TickTaken]:
        realtime = replace(trade.origin, delivery=Delivery.REALTIME)
        return take(intake, replace(trade, origin=realtime), quality)

    monkeypatch.setattr(TickIntake, "take", as_live)
    seen = await _gap(60)
    assert seen.fired > 0
    assert not seen.unknown


# 27: pages of history


async def _pages(upbit: Exchange, market: str, count: int, before: str) -> list[int]:
    """Return candle starts asked for in pages of another size, past the product."""
    starts: list[int] = []
    to = before
    while len(starts) < count:
        page = await upbit.rest(f"candles/minutes/1?market={market}&count=97&to={to}")
        starts += [_start_ms(row) for row in page]
        if len(page) < 97:
            break
        to = page[-1]["candle_date_time_utc"] + "Z"
    return sorted(starts)[-count:]


async def _history(upbit: Exchange, one: Scene, market: str) -> tuple[list[int], list[int]]:
    from datetime import UTC, datetime, timedelta

    before = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=5)
    answers = await one.feed.candles(market, "1m", 650, before)
    truth = await _pages(upbit, market, 650, before.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return [candle.start_ms for candle in answers.values], truth


async def test_row_27_pages_without_gap_or_overlap() -> None:
    async with exchange() as upbit, scene(upbit, ()) as one:
        quiet = [r["market"] for r in await upbit.rest("market/all") if "KRW-" in r["market"]][-1]
        for market in ("KRW-XRP", quiet):
            starts, truth = await _history(upbit, one, market)
            missing = (starts[-1] - starts[0]) // 60_000 + 1 - len(starts)
            told(27, f"{market}: candles, minutes without trades", (len(starts), missing), "equal")
            assert starts == truth
            assert len(set(starts)) == 650
        assert missing > 0  # a quiet market has minutes that nobody may invent


async def test_row_27_without_its_defence_fails(monkeypatch: Patch) -> None:
    """Paging by counting slots instead of going on from the oldest candle had."""

    def took(pages: CandlePages, page: list[Candle]) -> None:
        asked = min(200, pages.count - pages._taken)
        pages._pages.append(page)
        pages._taken += asked
        assert pages.before_ms is not None
        pages.before_ms -= asked * 60_000

    monkeypatch.setattr(CandlePages, "took", took)
    async with exchange() as upbit, scene(upbit, ()) as one:
        quiet = [r["market"] for r in await upbit.rest("market/all") if "KRW-" in r["market"]][-1]
        starts, truth = await _history(upbit, one, quiet)
        assert starts != truth

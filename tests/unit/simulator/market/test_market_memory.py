"""What a simulated market remembers doesn't grow with the time it runs."""

import sys
from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import numpy as np
import pytest

from upbit_auto_trading.domain.market_minutes import Ints, MinuteDrive, MinutePlanner
from upbit_auto_trading.domain.market_path import BLOCK
from upbit_auto_trading.simulator.market import book_model, tape
from upbit_auto_trading.simulator.market.candle_model import CandleModel
from upbit_auto_trading.simulator.market.day_figures import DayKeeper, RestOfDay
from upbit_auto_trading.simulator.market.market_model import MarketModel
from upbit_auto_trading.simulator.socket.sent_log import SentLog
from upbit_auto_trading.simulator.wire import ws_encode

HOUR_MS = 3_600_000
STEP_MS = 900_000
START_MS = 1_782_864_000_000 + 20 * HOUR_MS
"""20:00 UTC, so that the run begins and ends on different days."""


def size_of(value: Any, seen: set[int]) -> int:
    """Return the bytes of a value and of all it holds, each object once."""
    if id(value) in seen or isinstance(value, type):
        return 0
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        owner = value if value.base is None else value.base
        known = owner is not value and id(owner) in seen
        seen.add(id(owner))
        return 112 + (0 if known else int(getattr(owner, "nbytes", 0)))
    return sys.getsizeof(value) + sum(size_of(part, seen) for part in _parts(value))


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.keys()
        yield from value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        yield from value
    yield from getattr(value, "__dict__", {}).values()
    for kind in type(value).__mro__:
        for name in getattr(kind, "__slots__", ()):
            if isinstance(name, str) and hasattr(value, name):
                yield getattr(value, name)


def _walked(hours: int) -> Iterator[MarketModel]:
    """Serve two markets as a client of all streams would; yield the model every three hours."""
    model = MarketModel(seed=1, markets=2)
    markets = [listed.market for listed in model.listing]
    for step in range(1, hours * HOUR_MS // STEP_MS + 1):
        now_ms = START_MS + step * STEP_MS
        for market in markets:
            model.ticker(market, now_ms)
            model.book(market, now_ms)
            model.prints(market, now_ms - STEP_MS, now_ms)
            model.next_event_ms(market, now_ms)
        if step * STEP_MS % (3 * HOUR_MS) == 0:
            yield model


def _sizes(hours: int) -> list[int]:
    return [size_of(model._markets, set()) for model in _walked(hours)]


def _kept(model: MarketModel) -> list[dict[str, int]]:
    """Return how much of its past each market holds."""
    rows = []
    for market in model._markets.values():
        known, block = market.tickers._days._known, market.tape._block
        assert known is not None
        assert block is not None
        rows.append(
            {
                "planned minutes": len(block.business),
                "minutes with their trades": len(market.tape._minutes),
                "minutes with their book changes": len(market.books._changes),
                "ladders": len(market.books._ladders),
                "minutes of the day so far": len(known.today.turnover),
                "traded minutes of two days": len(known.minutes.minute)
                + len(known.yesterday.minute),
            }
        )
    return rows


def test_a_day_and_more_takes_no_more_memory_than_its_first_hours() -> None:
    sizes = _sizes(27)
    assert len(sizes) == 9
    assert max(sizes[3:]) <= 1.05 * max(sizes[:3])


def test_after_any_number_of_hours_a_market_holds_its_last_minutes_and_one_day() -> None:
    for model in _walked(33):
        for kept in _kept(model):
            assert 1 <= kept.pop("traded minutes of two days") <= 1440 + 2 * BLOCK
            assert 1 <= kept.pop("minutes of the day so far") <= 2 * BLOCK
            assert kept.pop("planned minutes") == BLOCK
            assert 1 <= max(kept.values()) <= 4, kept


def test_days_that_are_over_leave_nothing_behind_in_their_figures() -> None:
    *_, model = _walked(6)
    for market in model._markets.values():
        known = market.tickers._days._known
        assert known is not None
        block = market.tape._block
        assert block is not None
        for values in (
            *(known.yesterday.volume, known.yesterday.minute, known.today.turnover),
            *(block.business, block.plans.count, block.plans.turnover, block.plans.open),
        ):
            # A slice would hold on to the whole day it was cut from; rows of one block may share.
            owner = values if values.base is None else values.base
            assert owner.nbytes <= max(values.nbytes, 8 * 8 * BLOCK)


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collect of every plan made how many minutes it could have had."""
    made: list[int] = []
    counts = MinutePlanner.counts

    def counted(planner: MinutePlanner, drive: MinuteDrive, share: float = 1.0) -> Ints:
        made.append(len(drive.minute))
        return counts(planner, drive, share)

    monkeypatch.setattr(MinutePlanner, "counts", counted)
    return made


def _market(model: MarketModel, *, busy: bool) -> str:
    key = attrgetter("style.trades")
    return str((max if busy else min)(model.listing, key=key).market)


def test_what_a_first_ticker_needs_of_the_last_day_is_planned_once(planned: list[int]) -> None:
    model = MarketModel(seed=1)
    model.book(_market(model, busy=True), START_MS)
    del planned[:]
    for busy, more in ((True, 0), (False, 1)):
        market = _market(model, busy=busy)
        model._markets.pop(market, None)
        days = DayKeeper(CandleModel(model._market(market).tape))
        days.days(START_MS, 0)
        assert len(planned) == 1
        assert planned.pop() <= 1440 + 2 * BLOCK
        tape = model._market(market).tape
        tape.minute(START_MS // 60_000)
        last = tape.last_trade(START_MS, 0)
        assert last is not None
        tape.columns(last.trade_ms, last.trade_ms + 1)
        # Of a quiet market the minute of its last trade, alone.
        assert planned == [1] * more
        del planned[:]


def test_what_is_asked_of_earlier_times_leaves_what_is_remembered(planned: list[int]) -> None:
    model = MarketModel(seed=1, markets=2)
    market = _market(model, busy=True)
    begin_ms = START_MS // (BLOCK * 60_000) * BLOCK * 60_000
    model.ticker(market, begin_ms + 1)
    model.prints(market, begin_ms - 7 * HOUR_MS, begin_ms - 7 * HOUR_MS + 300_000)
    model.book(market, begin_ms - 5 * HOUR_MS)
    model.newest_prints(market, begin_ms - 3 * HOUR_MS, 10)
    del planned[:]
    for minute in range(1, BLOCK):
        model.ticker(market, begin_ms + minute * 60_000)
        model.prints(market, begin_ms + (minute - 1) * 60_000, begin_ms + minute * 60_000)
    assert planned == []


def test_without_their_bounds_the_same_hours_show_the_growth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (tape, book_model):
        monkeypatch.setattr(module, "_KEPT_MINUTES", 10**9)
    sizes = _sizes(18)
    assert max(sizes[3:]) > 1.15 * max(sizes[:3])


def test_without_letting_go_of_yesterday_its_minutes_show(monkeypatch: pytest.MonkeyPatch) -> None:
    def whole(rest: RestOfDay, minute: int) -> RestOfDay:
        assert minute >= 0
        return rest

    monkeypatch.setattr(RestOfDay, "without", whole)
    kept = [_kept(model)[0]["traded minutes of two days"] for model in _walked(18)]
    assert max(kept) > 1440 + 2 * BLOCK


def test_the_log_of_sent_frames_takes_the_same_when_empty_and_when_full() -> None:
    log = SentLog(capacity=1000)
    log.add(1, 1, ("trade", "KRW-BTC", "1", "REALTIME"), 1)
    empty = size_of(log, set())
    for number in range(5000):
        key = str(17_828_640_000_000_000 + number)
        log.add(1, number, ("trade", "KRW-BTC", key, "REALTIME"), 1_782_864_000_000 + number)
    assert size_of(log, set()) <= empty + 100


def test_what_is_shared_by_all_markets_is_bounded_too() -> None:
    log = SentLog(capacity=100)
    for number in range(1000):
        log.add(1, number, ("trade", "KRW-BTC", str(number), "REALTIME"), number)
    assert len(list(log.since())) == 100
    spellings = [one for one in vars(ws_encode).values() if hasattr(one, "cache_parameters")]
    assert spellings
    assert all(one.cache_parameters()["maxsize"] is not None for one in spellings)

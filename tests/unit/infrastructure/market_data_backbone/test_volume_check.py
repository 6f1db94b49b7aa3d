from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import START_MS, ticker, trade
from upbit_auto_trading.domain.stream import Delivery
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone.recent_trades import RecentTrades
from upbit_auto_trading.infrastructure.market_data_backbone.volume_check import (
    Outcome,
    VolumeCheck,
)

GRACE_S = 2.0
BEFORE = 1024.25
"""What was traded of the day before the first trade here."""


@dataclass
class Market:
    """Trades of a market, and the ticker after each as Upbit would send it."""

    trades: list[Trade]
    before: float = BEFORE

    def __post_init__(self) -> None:
        units = accumulate(round(one.volume * 1e8) for one in self.trades)
        self.volumes = [(round(self.before * 1e8) + sum_) / 1e8 for sum_ in units]

    def ticker(self, number: int) -> Ticker:
        """Return the ticker as it is sent after trade `number`."""
        state = ticker(exchange_ms=self.trades[number].trade_ms + 40)
        return replace(state, volume_day=self.volumes[number])

    def look(self, check: VolumeCheck, number: int, arrived: RecentTrades, now: float) -> Outcome:
        """Take the ticker after trade `number`, and compare it once its grace is over."""
        assert check.look(self.ticker(number), arrived, now) is Outcome.WAIT
        return check.look(self.ticker(number), arrived, now + GRACE_S)


def market(*rows: tuple[int, float]) -> Market:
    """Return a market whose trades have these (ms after the start, volumes)."""
    return Market(
        [
            trade(trade_ms=START_MS + at, sequential_id=1000 + number, volume=volume)
            for number, (at, volume) in enumerate(rows)
        ]
    )


def kept(trades: Iterable[Trade]) -> RecentTrades:
    """Return the trades as the store keeps them."""
    found = RecentTrades(500)
    for one in trades:
        found.append(one)
    return found


def late(one: Trade) -> Trade:
    """Return the trade as a backfill brings it."""
    return replace(one, origin=replace(one.origin, delivery=Delivery.BACKFILL))


QUIET = market((0, 0.5), (900, 0.00000001), (2000, 12.75), (4000, 0.1), (4000, 0.2), (9000, 3.0))


def test_sums_that_agree_are_compared_and_nothing_is_asked_for() -> None:
    check = VolumeCheck(GRACE_S)
    arrived = kept(QUIET.trades)
    seen = [QUIET.look(check, n, arrived, 10.0 * n) for n in range(len(QUIET.trades))]
    assert seen[0] is Outcome.WAIT  # there is nothing to compare the first with
    assert set(seen[1:]) == {Outcome.AGREES}


@pytest.mark.parametrize("lost", range(1, 6))
def test_one_lost_trade_shows_in_the_next_comparison_and_is_settled_by_its_backfill(
    lost: int,
) -> None:
    check = VolumeCheck(GRACE_S)
    arrived = kept(t for n, t in enumerate(QUIET.trades) if n != lost)
    QUIET.look(check, 0, arrived, 0.0)

    assert QUIET.look(check, 5, arrived, 10.0) is Outcome.MISSING
    assert check.since_ms == START_MS
    arrived.append(late(QUIET.trades[lost]))
    assert check.look(QUIET.ticker(5), arrived, 20.0) is Outcome.AGREES
    assert check.recovered == 1


def test_a_trade_that_comes_within_the_grace_is_not_missing() -> None:
    check = VolumeCheck(GRACE_S)
    arrived = kept(QUIET.trades[:2])
    QUIET.look(check, 0, arrived, 0.0)
    state = QUIET.ticker(2)
    assert check.look(state, arrived, 10.0) is Outcome.WAIT
    assert check.look(state, arrived, 11.9) is Outcome.WAIT
    arrived.append(QUIET.trades[2])
    assert check.look(state, arrived, 12.0) is Outcome.AGREES


def test_what_no_backfill_explains_is_said_and_after_three_times_left_alone() -> None:
    check = VolumeCheck(GRACE_S)
    rows = [(1000 * n, 1.0 + n) for n in range(12)]
    whole = market(*rows)
    arrived = kept(t for n, t in enumerate(whole.trades) if n % 2 == 0)
    seen = []
    for number in range(len(rows)):
        steps = (10.0 * number + step for step in (0.0, 2.0, 2.1))
        seen += [check.look(whole.ticker(number), arrived, now) for now in steps]
    assert seen.count(Outcome.MISSING) == seen.count(Outcome.UNEXPLAINED) == 3, seen
    assert check.is_over


def test_a_new_day_begins_anew_and_so_does_a_market_too_busy_to_remember() -> None:
    check = VolumeCheck(GRACE_S)
    QUIET.look(check, 0, kept(QUIET.trades), 0.0)
    tomorrow = market((86_400_000, 1.0), (86_401_000, 2.0))
    arrived = kept([*QUIET.trades, *tomorrow.trades])
    assert tomorrow.look(check, 0, arrived, 10.0) is Outcome.BEGINS_ANEW
    assert check.since_ms == START_MS  # whatever the last of the day were, they are asked for
    assert tomorrow.look(check, 1, arrived, 20.0) is Outcome.AGREES
    assert check.since_ms == START_MS + 86_400_000

    busy = market(*((n, 1.0) for n in range(600)))
    check = VolumeCheck(GRACE_S)
    busy.look(check, 0, kept(busy.trades[:1]), 0.0)
    assert busy.look(check, 599, kept(busy.trades), 10.0) is Outcome.WAIT
    assert check.since_ms == START_MS + 599


gaps = st.sampled_from([0, 0, 1, 40, 900, 30_000])
units = st.integers(1, 10**12)


@st.composite
def markets(draw: st.DrawFn) -> Market:
    steps = draw(st.lists(st.tuples(gaps, units), min_size=3, max_size=40))
    at = accumulate(gap for gap, _ in steps)
    rows = [(ms, amount / 1e8) for ms, (_, amount) in zip(at, steps, strict=True)]
    return market((-1, 1.0), *rows)


@given(markets(), st.data())
def test_no_market_is_called_incomplete_that_is_complete(
    whole: Market, data: st.DataObject
) -> None:
    """Whatever moments the tickers show, also between trades of one millisecond."""
    check = VolumeCheck(GRACE_S)
    last = len(whole.trades) - 1
    looked_at = sorted(data.draw(st.sets(st.integers(1, last)))) if last > 1 else [1]
    arrived = kept(whole.trades)
    whole.look(check, 0, arrived, 0.0)
    for number in looked_at:
        assert whole.look(check, number, arrived, 10.0 * number) is Outcome.AGREES


@given(markets(), st.data())
def test_every_lost_trade_that_a_float_can_tell_leaves_a_trace(
    whole: Market, data: st.DataObject
) -> None:
    check = VolumeCheck(GRACE_S)
    lost = data.draw(st.integers(1, len(whole.trades) - 1))
    last = len(whole.trades) - 1
    arrived = kept(t for n, t in enumerate(whole.trades) if n != lost)
    whole.look(check, 0, arrived, 0.0)
    outcome = whole.look(check, last, arrived, 10.0)
    assert outcome is Outcome.MISSING
    arrived.append(late(whole.trades[lost]))
    assert check.look(whole.ticker(last), arrived, 20.0) is Outcome.AGREES
    assert check.recovered == 1


def test_volumes_of_ten_digits_hide_less_than_a_millionth_of_a_coin() -> None:
    """The sum's own resolution: such a market's coin is worth a fraction of a won."""
    whole = Market(market((0, 500.0), (900, 0.000_002), (2000, 700.25)).trades, 9_024_306_009.0)
    for lost, outcome in ((None, Outcome.AGREES), (1, Outcome.AGREES), (2, Outcome.MISSING)):
        check = VolumeCheck(GRACE_S)
        arrived = kept(t for n, t in enumerate(whole.trades) if n != lost)
        whole.look(check, 0, arrived, 0.0)
        assert whole.look(check, 2, arrived, 10.0) is outcome

"""Books grouped by the exchange ride beside the plain one and go with the market."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.builders import orderbook
from tests.unit.application.test_candles import Chart, feed_with_history, settle
from upbit_auto_trading.application.book_levels import BookLevels
from upbit_auto_trading.domain.failure import NoDataInTimeError
from upbit_auto_trading.domain.instrument import Instrument
from upbit_auto_trading.domain.stream import Stream

BITCOIN = Instrument("KRW-BTC", Decimal(1000), (0.0, 10_000.0, 100_000.0, 1_000_000.0))
PLAIN = Stream("orderbook", "KRW-BTC")
GROUPED = Stream("orderbook", "KRW-BTC", 10_000.0)


def test_levels_count_only_in_the_price_band_they_were_read_in() -> None:
    levels = BookLevels("KRW-BTC")
    assert levels.usable(109_870_000.0) == ()
    levels.instrument = BITCOIN
    assert levels.usable(109_870_000.0) == (10_000.0, 100_000.0, 1_000_000.0)
    assert levels.usable(900_000.0) == ()


def test_only_a_book_of_the_chosen_level_is_taken() -> None:
    levels = BookLevels("KRW-BTC")
    grouped = replace(orderbook(), grouping=10_000.0)
    assert not levels.take(grouped)
    assert levels.choose(10_000.0)
    assert not levels.choose(10_000.0)
    assert not levels.take(replace(grouped, grouping=100_000.0))
    assert levels.take(grouped)
    assert levels.book is grouped
    levels.choose(0.0)
    assert levels.book is None
    assert levels.streams == []


async def test_a_grouped_book_is_asked_for_beside_the_plain_one_without_a_restart() -> None:
    feed = feed_with_history()
    feed.instruments["KRW-BTC"] = BITCOIN
    chart = Chart(feed).session
    await chart.show("KRW-BTC", "1m")
    await settle()
    assert chart.levels is not None
    assert chart.levels.instrument is BITCOIN
    await chart.group_book(10_000.0)
    assert {PLAIN, GROUPED} <= feed.held
    plain, grouped = orderbook(), replace(orderbook(), grouping=10_000.0)
    feed.emit(plain, grouped)
    assert chart.orderbook is plain
    assert chart.levels.book is grouped
    await chart.show("KRW-BTC", "5m")
    assert {PLAIN, GROUPED} <= feed.held
    assert chart.levels.book is grouped
    await chart.group_book(0.0)
    assert GROUPED not in feed.held
    await chart.group_book(10_000.0)
    await chart.show("KRW-ETH", "5m")
    assert not any(stream.level for stream in feed.held)
    await chart.close()


async def test_a_level_that_is_refused_leaves_the_plain_book() -> None:
    feed = feed_with_history()
    chart = Chart(feed).session
    await chart.show("KRW-BTC", "1m")
    await settle()
    feed.replace_error = NoDataInTimeError("orderbook", 1.0)
    with pytest.raises(NoDataInTimeError):
        await chart.group_book(10_000.0)
    assert chart.levels is not None
    assert chart.levels.chosen == 0.0
    await chart.close()


async def test_levels_that_failed_are_there_once_they_come() -> None:
    feed = feed_with_history()
    chart = Chart(feed).session
    await chart.show("KRW-BTC", "1m")
    await settle()
    assert chart.levels is not None
    assert chart.levels.instrument is None
    feed.instruments["KRW-BTC"] = BITCOIN
    await settle()
    assert chart.levels.instrument is BITCOIN
    await chart.close()

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import BookLevel, orderbook
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.orderbook_ladder import (
    BOOK_LEVELS,
    GROUPINGS,
    grouping_step,
    ladder_of,
    useful_groupings,
)

Payloads = Callable[[str], Any]


def recorded(payloads: Payloads, name: str) -> tuple[Orderbook, dict[str, Any]]:
    """A recorded REST book, and its row as it came."""
    row = payloads(f"samples/{name}.json")[0]
    units = row["orderbook_units"]
    asks = [(float(u["ask_price"]), float(u["ask_size"])) for u in units]
    bids = [(float(u["bid_price"]), float(u["bid_size"])) for u in units]
    return orderbook(row["market"], asks, bids), row


def test_rows_are_the_books_to_the_digit(payloads: Payloads) -> None:
    book, row = recorded(payloads, "rest_orderbook_30")
    ladder = ladder_of(book, depth=30)
    units = row["orderbook_units"]
    assert [(r.price, float(r.size)) for r in ladder.asks] == [
        (u["ask_price"], u["ask_size"]) for u in units
    ]
    assert [(r.price, float(r.size)) for r in ladder.bids] == [
        (u["bid_price"], u["bid_size"]) for u in units
    ]
    assert float(ladder.ask_total) == row["total_ask_size"]
    assert float(ladder.bid_total) == row["total_bid_size"]
    assert not any(r.is_partial for r in (*ladder.asks, *ladder.bids))


def test_fewer_rows_add_up_to_less(payloads: Payloads) -> None:
    book, _ = recorded(payloads, "rest_orderbook_30")
    ladder = ladder_of(book, depth=15)
    assert (len(ladder.asks), len(ladder.bids)) == (15, 15)
    assert ladder.asks[-1].cumulative == sum(r.size for r in ladder.asks)
    assert ladder.ask_total < ladder_of(book, depth=30).ask_total


def test_padded_zero_levels_are_no_rows(payloads: Payloads) -> None:
    book, row = recorded(payloads, "rest_orderbook_zero_padded")
    ladder = ladder_of(book, depth=30)
    assert (len(ladder.asks), len(ladder.bids)) == (2, 1)
    assert float(ladder.ask_total) == pytest.approx(12.5 + 8.70827286)
    assert ladder.best_bid == row["orderbook_units"][0]["bid_price"]


def test_the_spread_is_told_in_the_quote_currency_and_as_a_part_of_the_price() -> None:
    ladder = ladder_of(orderbook(asks=[(102.0, 1.0)], bids=[(98.0, 3.0)]), depth=15)
    assert ladder.spread == 4.0
    assert ladder.spread_share == 0.04
    assert ladder.ask_share == 0.25


def test_a_side_without_levels_leaves_the_spread_unknown() -> None:
    ladder = ladder_of(orderbook("BTC-ETH", asks=[(0.03, 1.0)], bids=[]), depth=15, grouping=10)
    assert (ladder.best_bid, ladder.spread, ladder.spread_share) == (None, None, None)
    assert ladder.ask_share == 1.0
    empty = ladder_of(orderbook(asks=[], bids=[]), depth=15, grouping=10)
    assert (empty.ask_share, empty.step) == (None, None)


def test_grouping_never_promises_a_better_price() -> None:
    book = orderbook(
        asks=[(109_871_000.0, 0.1), (109_880_000.0, 0.2), (109_881_000.0, 0.4)],
        bids=[(109_870_000.0, 1.0), (109_869_000.0, 2.0), (109_859_000.0, 4.0)],
    )
    ladder = ladder_of(book, depth=15, grouping=10)
    assert ladder.step == Decimal(10_000)
    assert [(r.price, float(r.size)) for r in ladder.asks] == [
        (109_880_000.0, 0.3),
        (109_890_000.0, 0.4),
    ]
    assert [(r.price, float(r.size)) for r in ladder.bids] == [
        (109_870_000.0, 1.0),
        (109_860_000.0, 2.0),
        (109_850_000.0, 4.0),
    ]
    assert ladder.spread == 1000.0, "the book's own, not the groups'"


def test_only_a_group_the_book_may_go_on_in_is_partial() -> None:
    full = [(110_000_000.0 + n * 1000, 1.0) for n in range(1, BOOK_LEVELS + 1)]
    ends_inside = ladder_of(orderbook(asks=[*full[:-1], (110_031_000.0, 1.0)]), 30, 10)
    assert [r.is_partial for r in ends_inside.asks] == [False, False, False, True]
    assert not any(r.is_partial for r in ladder_of(orderbook(asks=full), 30, 10).asks)
    assert not any(r.is_partial for r in ladder_of(orderbook(asks=full[:25]), 30, 10).asks)


def test_fractions_of_a_won_group_exactly() -> None:
    book = orderbook("KRW-XLM", asks=[(0.3, 1.0), (0.301, 1.0)], bids=[(0.299, 1.0)])
    ladder = ladder_of(book, depth=15, grouping=100)
    assert [r.price for r in ladder.asks] == [0.3, 0.4]
    assert [r.price for r in ladder.bids] == [0.2]


@pytest.mark.parametrize(
    ("market", "price", "groupings"),
    [
        ("KRW-BTC", 109_870_000.0, [1, 5, 10, 100, 1000]),
        ("KRW-XRP", 3912.0, [1, 5, 10]),
        ("KRW-ONE", 12.3, [1]),
    ],
)
def test_groupings_wider_than_a_hundredth_of_the_price_are_left_out(
    market: str, price: float, groupings: list[int]
) -> None:
    assert useful_groupings(market, price) == groupings
    assert all(float(grouping_step(market, price, n)) <= price / 100 for n in groupings)


@given(
    st.lists(st.tuples(st.integers(1, 400), st.integers(1, 10**12)), max_size=30),
    st.sampled_from(GROUPINGS),
)
def test_grouping_loses_nothing(rows: list[tuple[int, int]], grouping: int) -> None:
    rows = sorted(dict(rows).items())
    levels = [BookLevel(5_000_000.0 + n * 1000, 0.0, size / 1e8, 0.0) for n, size in rows]
    book = orderbook(asks=[(level.ask_price, level.ask_size) for level in levels], bids=[])
    ladder = ladder_of(book, depth=30, grouping=grouping)
    assert ladder.ask_total == sum((Decimal(repr(level.ask_size)) for level in levels), Decimal(0))
    prices = [row.price for row in ladder.asks]
    assert prices == sorted(set(prices))

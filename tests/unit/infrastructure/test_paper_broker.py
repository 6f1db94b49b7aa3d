"""Paper orders take what the book shows, level by level, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import START_MS, origin
from upbit_auto_trading.domain.account import Account
from upbit_auto_trading.domain.order import Order, OrderSide
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.recording import OrderEnd
from upbit_auto_trading.infrastructure.paper_broker import NO_DEPTH, NO_ORDERBOOK, PaperBroker

FEE = Decimal("0.0005")
ACCOUNT = Account(Decimal(1_000_000), FEE, Decimal(5000))


@dataclass(frozen=True, slots=True)
class Row:
    ask_price: float
    ask_size: float
    bid_price: float
    bid_size: float


def book(rows: Sequence[Row], ms: int = START_MS) -> Orderbook:
    return Orderbook("KRW-BTC", tuple(rows), 0.0, 0.0, 0.0, ms, origin())


def buy(amount: str, order_id: int = 1) -> Order:
    return Order(order_id, START_MS, "r", OrderSide.BUY, 100.0, amount=Decimal(amount))


def sell(quantity: str, order_id: int = 1) -> Order:
    return Order(order_id, START_MS, "r", OrderSide.SELL, 100.0, quantity=Decimal(quantity))


THREE = book([Row(100.0, 10.0, 99.0, 10.0), Row(101.0, 20.0, 98.0, 5.0), Row(102.0, 5.0, 0.0, 0.0)])


def test_a_buy_goes_up_the_book_and_spends_its_amount_whole() -> None:
    done = PaperBroker().match(buy("3000"), ACCOUNT, THREE)
    assert done.end is OrderEnd.FILLED
    assert [(fill.price, fill.quantity) for fill in done.fills] == [
        (Decimal("100.0"), Decimal(10)),
        (Decimal("101.0"), Decimal("19.80198019")),
    ]
    assert sum(fill.funds for fill in done.fills) == 3000
    assert sum(fill.fee for fill in done.fills) == Decimal("1.5")


def test_a_sell_goes_down_the_book_past_rows_that_are_no_levels() -> None:
    done = PaperBroker().match(sell("12"), ACCOUNT, THREE)
    assert [fill.price for fill in done.fills] == [Decimal(99), Decimal(98)]
    assert [fill.quantity for fill in done.fills] == [Decimal(10), Decimal(2)]
    assert done.end is OrderEnd.FILLED


def test_what_the_book_does_not_hold_is_cancelled() -> None:
    done = PaperBroker().match(sell("20"), ACCOUNT, THREE)
    assert (done.end, done.detail) == (OrderEnd.PARTLY_FILLED, NO_DEPTH)
    assert sum(fill.quantity for fill in done.fills) == 15


def test_an_order_that_takes_the_book_exactly_is_whole() -> None:
    only = book([Row(100.0, 10.0, 99.0, 10.0)])
    bought = PaperBroker().match(buy("1000"), ACCOUNT, only)
    assert (bought.end, [fill.quantity for fill in bought.fills]) == (
        OrderEnd.FILLED,
        [Decimal(10)],
    )
    sold = PaperBroker().match(sell("10"), ACCOUNT, only)
    assert (sold.end, [fill.quantity for fill in sold.fills]) == (OrderEnd.FILLED, [Decimal(10)])


def test_an_empty_side_refuses() -> None:
    done = PaperBroker().match(sell("1"), ACCOUNT, book([Row(100.0, 1.0, 0.0, 0.0)]))
    assert (done.end, done.detail, done.fills) == (OrderEnd.REFUSED, NO_DEPTH, ())


def test_what_one_order_took_is_gone_until_the_book_changes() -> None:
    broker = PaperBroker()
    broker.match(sell("10"), ACCOUNT, THREE)
    assert broker.match(sell("1", 2), ACCOUNT, THREE).fills[0].price == 98
    fresh = book(list(THREE.levels))  # type: ignore[arg-type]
    assert broker.match(sell("1", 3), ACCOUNT, fresh).fills[0].price == 99


def test_a_fill_is_never_earlier_than_its_order() -> None:
    late = book(list(THREE.levels), START_MS + 5)  # type: ignore[arg-type]
    early = book(list(THREE.levels), START_MS - 5)  # type: ignore[arg-type]
    assert PaperBroker().match(sell("1"), ACCOUNT, late).fills[0].ms == START_MS + 5
    assert PaperBroker().match(sell("1"), ACCOUNT, early).fills[0].ms == START_MS


async def test_without_a_book_that_can_be_trusted_nothing_is_filled() -> None:
    done = await PaperBroker().execute(buy("5000"), ACCOUNT, lambda: None, lambda: False)
    assert (done.end, done.detail, done.fills) == (OrderEnd.REFUSED, NO_ORDERBOOK, ())


async def test_an_order_meets_the_book_of_after_its_latency() -> None:
    books = [THREE]

    def newest() -> Orderbook:
        return books[-1]

    broker = PaperBroker(latency_s=0.01)
    order = broker.execute(sell("1"), ACCOUNT, newest, lambda: False)
    books.append(book([Row(91.0, 1.0, 90.0, 1.0)]))
    assert (await order).fills[0].price == 90


async def test_an_order_cancelled_on_its_way_takes_nothing() -> None:
    done = await PaperBroker(0.01).execute(sell("1"), ACCOUNT, lambda: THREE, lambda: True)
    assert (done.end, done.fills) == (OrderEnd.CANCELLED, ())


sizes = st.floats(0.0, 50.0).map(lambda size: round(size, 8))
asks = st.lists(st.tuples(st.integers(1, 10_000), sizes), min_size=1, max_size=15)


@given(asks, st.integers(1, 10_000_000))
def test_no_buy_spends_more_than_it_may_or_takes_more_than_there_is(
    levels: list[tuple[int, float]], amount: int
) -> None:
    rows = [Row(float(price), size, 0.0, 0.0) for price, size in sorted(dict(levels).items())]
    done = PaperBroker().match(buy(str(amount)), ACCOUNT, book(rows))
    assert sum(fill.funds for fill in done.fills) <= amount
    for fill in done.fills:
        row = next(row for row in rows if row.ask_price == fill.price)
        assert 0 < fill.quantity <= Decimal(repr(row.ask_size))
        assert fill.fee == fill.funds * FEE
    if done.end is OrderEnd.FILLED:
        assert sum(fill.funds for fill in done.fills) == pytest.approx(amount, abs=1e-3)

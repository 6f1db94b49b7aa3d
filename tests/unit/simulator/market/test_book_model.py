from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upbit_auto_trading.domain.money import exact, round_to_tick
from upbit_auto_trading.simulator.market.book_model import Book, BookModel, supported_levels
from upbit_auto_trading.simulator.market.market_model import MarketModel

NOON = 1_795_435_200_000
MODEL = MarketModel(seed=11)
MARKETS = [
    "KRW-BTC",
    "KRW-XRP",
    "KRW-SUN",
    "KRW-SHIB",
    "KRW-USDT",
    "BTC-ETH",
    "BTC-XRP",
    "USDT-BTC",
]

markets = st.sampled_from(MARKETS)
moments = st.integers(NOON - 10**8, NOON + 10**8)


def book_at(market: str, at_ms: int, depth: int = 30, grouping: float = 0) -> Book:
    book = MODEL.book(market, at_ms, depth, grouping)
    assert book is not None
    return book


def padded(prices: tuple[float, ...], sizes: tuple[float, ...]) -> int:
    """Return how many levels there are; after them come zeros only."""
    levels = prices.index(0.0) if 0.0 in prices else len(prices)
    assert not any(prices[levels:])
    assert not any(sizes[levels:])
    assert all(sizes[:levels])
    return levels


@settings(max_examples=150)
@given(market=markets, at_ms=moments)
def test_a_book_is_ordered_on_the_grid_and_padded_with_zeros(market: str, at_ms: int) -> None:
    book = book_at(market, at_ms)
    sides = (book.ask_prices, book.bid_prices, book.ask_sizes, book.bid_sizes)
    assert [len(side) for side in sides] == [30] * 4
    asks = book.ask_prices[: padded(book.ask_prices, book.ask_sizes)]
    bids = book.bid_prices[: padded(book.bid_prices, book.bid_sizes)]
    assert list(asks) == sorted(set(asks))
    assert list(bids) == sorted(set(bids), reverse=True)
    assert bids[0] < asks[0]
    for price in (*asks, *bids):
        assert round_to_tick(market, exact(price)) == exact(price)
    for size in (*book.ask_sizes, *book.bid_sizes):
        assert exact(size) == exact(size).quantize(Decimal("1e-8"))
    assert book.total_ask_size == pytest.approx(sum(book.ask_sizes), rel=1e-12)
    assert book.total_bid_size == pytest.approx(sum(book.bid_sizes), rel=1e-12)


@settings(max_examples=80)
@given(market=markets, at_ms=moments)
def test_the_newest_trade_lies_between_best_bid_and_best_ask(market: str, at_ms: int) -> None:
    book = book_at(market, at_ms)
    last = MODEL.newest_prints(market, book.exchange_ms + 1, 1)[0]
    assert book.bid_prices[0] <= last.price <= book.ask_prices[0]


@settings(max_examples=60)
@given(market=markets, since_ms=moments, length_ms=st.integers(1, 130_000))
def test_a_book_changes_at_most_once_in_100_ms_and_soon_after_every_trade(
    market: str, since_ms: int, length_ms: int
) -> None:
    changes = MODEL.book_changes(market, since_ms, since_ms + length_ms)
    assert list(changes) == sorted(set(changes))
    assert len({change // 100 for change in changes}) == len(changes)
    for change in changes[:20]:
        book, before = book_at(market, change), book_at(market, change - 1)
        assert book.exchange_ms == change
        assert before.exchange_ms < change
        assert book_at(market, change + 1).exchange_ms in (change, change + 1)
        assert before != book
    for trade in MODEL.prints(market, since_ms, since_ms + length_ms - 200):
        assert any(0 <= change - trade.trade_ms < 200 for change in changes)


@pytest.mark.parametrize(
    ("market", "phases"), [("KRW-BTC", 1), ("KRW-XRP", 1), ("USDT-BTC", 100), ("BTC-ETH", 100)]
)
def test_books_in_won_keep_a_grid_of_100_ms_and_others_none(market: str, phases: int) -> None:
    changes = MODEL.book_changes(market, NOON - 1_800_000, NOON)
    assert len(changes) > 300
    assert 0.9 * phases <= len({change % 100 for change in changes}) <= phases


@settings(max_examples=60)
@given(
    market=st.sampled_from([row.market for row in MODEL.listing if row.quote == "KRW"]),
    at_ms=moments,
)
def test_a_grouped_book_is_that_of_the_deepest_ladder(market: str, at_ms: int) -> None:
    levels = [float(text) for text in MODEL.instruments(market, at_ms).supported_levels[1:]]
    grouped = [book_at(market, at_ms, grouping=level) for level in levels]
    with pytest.MonkeyPatch.context() as patched:
        deepest = lambda model, bid, ask, _: model._made_ladder(bid, ask, 3000)  # noqa: E731
        patched.setattr(BookModel, "_reaching_ladder", deepest)
        assert grouped == [book_at(market, at_ms, grouping=level) for level in levels]


@settings(max_examples=30)
@given(market=markets, at_ms=moments, depth=st.sampled_from([1, 5, 15]))
def test_a_shallow_book_is_the_top_of_the_whole_one(market: str, at_ms: int, depth: int) -> None:
    whole, top = book_at(market, at_ms), book_at(market, at_ms, depth)
    assert top.ask_prices == whole.ask_prices[:depth]
    assert top.bid_sizes == whole.bid_sizes[:depth]
    assert top.total_ask_size == whole.total_ask_size


@settings(max_examples=30)
@given(market=st.sampled_from(["KRW-BTC", "KRW-XRP", "KRW-SUN"]), at_ms=moments, data=st.data())
def test_a_grouped_book_holds_every_level_it_covers(
    market: str, at_ms: int, data: st.DataObject
) -> None:
    levels = MODEL.instruments(market, at_ms).supported_levels[1:]
    step = Decimal(data.draw(st.sampled_from(levels)))
    plain, grouped = book_at(market, at_ms), book_at(market, at_ms, 30, float(step))
    assert grouped.exchange_ms == plain.exchange_ms
    asks, bids = (
        padded(grouped.ask_prices, grouped.ask_sizes),
        padded(grouped.bid_prices, grouped.bid_sizes),
    )
    for price in (*grouped.ask_prices[:asks], *grouped.bid_prices[:bids]):
        assert exact(price) % step == 0
    assert grouped.ask_prices[0] >= plain.ask_prices[0]
    assert grouped.bid_prices[0] <= plain.bid_prices[0]
    first = sum(
        size
        for price, size in zip(plain.ask_prices, plain.ask_sizes, strict=True)
        if price <= grouped.ask_prices[0]
    )
    assert grouped.ask_sizes[0] >= first * (1 - 1e-12)


def test_only_the_groupings_of_the_price_band_are_supported() -> None:
    assert MODEL.instruments("KRW-BTC", NOON).tick_size == "1000"
    assert MODEL.instruments("USDT-BTC", NOON).supported_levels == ("0",)
    assert MODEL.book("KRW-BTC", NOON, 30, 12_345) is None
    assert MODEL.book("BTC-ETH", NOON, 30, 10_000) is None
    # The ladders Upbit gave for KRW-BTC at 148 million won and KRW-ETH at 3.6 million.
    assert [
        f"{level:f}" for level in supported_levels("KRW", 148_400_000 * 10**8, 1000 * 10**8)
    ] == [
        "0",
        "10000",
        "100000",
        "1000000",
        "10000000",
        "100000000",
    ]
    assert [f"{level:f}" for level in supported_levels("KRW", 3_600_000 * 10**8, 1000 * 10**8)] == [
        "0",
        "10000",
        "100000",
        "1000000",
    ]


def test_many_btc_markets_have_shorter_books_and_won_markets_have_not() -> None:
    short = {"KRW": 0, "BTC": 0}
    seen = {"KRW": 0, "BTC": 0}
    for listed in MODEL.listing[::6]:
        book = MODEL.book(listed.market, NOON)
        if book is None or listed.quote not in short:
            continue
        seen[listed.quote] += 1
        short[listed.quote] += 0.0 in (*book.ask_prices, *book.bid_prices)
    assert short["KRW"] <= 1
    assert 0.4 < short["BTC"] / seen["BTC"] < 0.95


def test_the_whole_exchange_changes_as_often_as_measured() -> None:
    since_ms, seconds = NOON - 30_000, 30
    counts = {
        listed.market: len(MODEL.book_changes(listed.market, since_ms, NOON))
        for listed in MODEL.listing
    }
    assert 550 < sum(counts.values()) / seconds < 1050
    assert 0.12 < sum(count == 0 for count in counts.values()) / len(counts) < 0.3
    for market in ("KRW-BTC", "KRW-XRP", "KRW-ETH"):
        assert 3.0 < counts[market] / seconds < 10.0

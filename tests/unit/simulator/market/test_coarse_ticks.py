"""A market whose price unit changes: trades, books, candles, tickers agree on the new one."""

import pytest

from upbit_auto_trading.domain.timeframe import TIMEFRAMES
from upbit_auto_trading.simulator.market.market_model import MarketModel

START_MS = 1_787_731_683_777
END_MS = START_MS + 4 * 60_000
LATER_MS = END_MS + 3 * 60_000
MARKETS = ("KRW-BTC", "KRW-XRP", "BTC-ETH", "USDT-BTC")
E8 = 100_000_000


def model(factor: int | None = None, market: str = "") -> MarketModel:
    made = MarketModel(seed=7, history_days=3)
    if factor is not None:
        made.change_tick(market, factor, START_MS)
        made.change_tick(market, 1, END_MS)
    return made


def unit_e8(made: MarketModel, market: str, at_ms: int) -> int:
    return round(float(made.instruments(market, at_ms).tick_size) * E8)


@pytest.mark.parametrize("market", MARKETS)
def test_trades_keep_to_the_unit_while_it_lasts_and_are_the_same_before_and_after(
    market: str,
) -> None:
    changed, plain = model(10, market), model()
    since = START_MS - 5 * 60_000
    trades = changed.prints(market, since, LATER_MS)
    usual = plain.prints(market, since, LATER_MS)
    assert [(t.trade_ms, t.volume, t.side) for t in trades] == [
        (t.trade_ms, t.volume, t.side) for t in usual
    ]
    for trade, was in zip(trades, usual, strict=True):
        if START_MS <= trade.trade_ms < END_MS:
            unit = 10 * unit_e8(plain, market, trade.trade_ms)
            assert round(trade.price * E8) % unit == 0
            assert trade.price <= was.price or round(was.price * E8) < unit
        else:
            assert trade.price == was.price


@pytest.mark.parametrize("market", MARKETS)
def test_the_unit_that_is_told_is_the_one_in_force(market: str) -> None:
    changed, plain = model(10, market), model()
    for at_ms, factor in ((START_MS - 1, 1), (START_MS, 10), (END_MS - 1, 10), (END_MS, 1)):
        assert unit_e8(changed, market, at_ms) == factor * unit_e8(plain, market, at_ms)
    assert changed.run_id != plain.run_id


@pytest.mark.parametrize("market", MARKETS)
def test_candles_and_tickers_are_made_of_those_trades(market: str) -> None:
    changed = model(10, market)
    minute = START_MS // 60_000 * 60_000
    for candle in changed.candles(market, TIMEFRAMES["1m"], LATER_MS, 8, LATER_MS):
        end = min(candle.start_ms + 60_000, LATER_MS)
        trades = changed.prints(market, candle.start_ms, end)
        prices = [trade.price for trade in trades]
        assert (candle.open, candle.close) == (prices[0], prices[-1])
        assert (candle.high, candle.low) == (max(prices), min(prices))
        total = sum(trade.price * trade.volume for trade in trades)
        assert candle.turnover == pytest.approx(total, rel=1e-9)
    for at_ms in (minute + 59_000, minute + 150_000, LATER_MS):
        ticker = changed.ticker(market, at_ms)
        fresh = model(10, market).ticker(market, at_ms)
        assert ticker == fresh
        assert ticker is not None
        assert ticker.trade_price == changed.newest_prints(market, at_ms + 1, 1)[0].price


@pytest.mark.parametrize("market", MARKETS)
def test_books_keep_to_the_unit_and_hold_each_price_once(market: str) -> None:
    changed, plain = model(10, market), model()
    seen = 0
    for at_ms in range(START_MS + 30_000, END_MS, 20_000):
        book = changed.book(market, at_ms)
        assert book is not None
        if book.exchange_ms < START_MS:
            continue
        seen += 1
        unit = 10 * unit_e8(plain, market, book.exchange_ms)
        for prices in (book.ask_prices, book.bid_prices):
            named = [round(price * E8) for price in prices if price]
            assert len(set(named)) == len(named)
            assert all(price % unit == 0 for price in named)
        assert book.ask_prices[0] > book.bid_prices[0]
        assert book.grouping == 0
    assert seen
    assert changed.book(market, LATER_MS) == plain.book(market, LATER_MS)


def test_a_change_looks_the_same_whatever_was_asked_before() -> None:
    asked = MarketModel(seed=7, history_days=3)
    for at_ms in (START_MS - 1, START_MS + 30_000, LATER_MS):
        asked.ticker("KRW-XRP", at_ms)
        asked.book("KRW-XRP", at_ms)
    asked.change_tick("KRW-XRP", 10, START_MS)
    asked.change_tick("KRW-XRP", 1, END_MS)
    fresh = model(10, "KRW-XRP")
    assert asked.prints("KRW-XRP", START_MS, LATER_MS) == fresh.prints(
        "KRW-XRP", START_MS, LATER_MS
    )
    assert asked.ticker("KRW-XRP", LATER_MS) == fresh.ticker("KRW-XRP", LATER_MS)
    assert asked.book("KRW-XRP", END_MS - 1) == fresh.book("KRW-XRP", END_MS - 1)


def test_a_scenario_under_another_unit_keeps_to_it() -> None:
    made = MarketModel(seed=7, history_days=3)
    made.change_tick("KRW-XRP", 10, START_MS)
    made.start_scenario("surge", "KRW-XRP", START_MS + 1000)
    trades = made.prints("KRW-XRP", START_MS + 1000, START_MS + 150_000)
    assert len(trades) > 50
    usual = MarketModel(seed=7, history_days=3)
    usual.start_scenario("surge", "KRW-XRP", START_MS + 1000)
    for trade in trades:
        unit = 10 * unit_e8(usual, "KRW-XRP", trade.trade_ms)
        assert round(trade.price * E8) % unit == 0
    candles = made.candles("KRW-XRP", TIMEFRAMES["1m"], LATER_MS, 3, START_MS + 150_000)
    assert sum(candle.volume for candle in candles[:2]) > 0

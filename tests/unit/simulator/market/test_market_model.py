from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from upbit_auto_trading.domain.market import quote_of
from upbit_auto_trading.domain.money import exact, round_to_tick
from upbit_auto_trading.domain.timeframe import TIMEFRAMES, Timeframe
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.market.candle_model import CandleFigures
from upbit_auto_trading.simulator.market.market_model import (
    DEFAULT_HISTORY_DAYS,
    MarketModel,
    UnlistedMarketError,
)
from upbit_auto_trading.simulator.market.tape import Print
from upbit_auto_trading.simulator.market.ticker_model import TickerFigures

DAY_MS = 86_400_000
NOON = 1_795_435_200_000
SEED = 11
MARKETS = ["KRW-BTC", "KRW-XRP", "KRW-DOGE", "KRW-SUN", "KRW-USDT", "BTC-ETH", "USDT-BTC"]

Question = Callable[[MarketModel], object]

markets = st.sampled_from(MARKETS)
moments = st.integers(NOON - DAY_MS // 2, NOON + DAY_MS)


def slots(prints: list[Print], timeframe: Timeframe) -> dict[int, list[Print]]:
    found: dict[int, list[Print]] = {}
    for trade in prints:
        found.setdefault(timeframe.start_of_ms(trade.trade_ms), []).append(trade)
    return found


def is_made_of(candle: CandleFigures, trades: list[Print]) -> bool:
    prices = [trade.price for trade in trades]
    turnover = sum(trade.price * trade.volume for trade in trades)
    return (
        (candle.open, candle.close) == (prices[0], prices[-1])
        and (candle.high, candle.low) == (max(prices), min(prices))
        and candle.last_ms == trades[-1].trade_ms
        and candle.volume == pytest.approx(sum(trade.volume for trade in trades), rel=1e-9)
        and candle.turnover == pytest.approx(turnover, rel=1e-9)
    )


@settings(max_examples=60)
@given(
    market=markets,
    code=st.sampled_from(["1s", "1m", "3m", "5m", "10m", "15m", "30m", "1h", "4h"]),
    now_ms=moments,
    count=st.integers(1, 30),
)
def test_candles_are_exactly_the_trades_in_them(
    market: str, code: str, now_ms: int, count: int
) -> None:
    model, timeframe = MarketModel(seed=SEED), TIMEFRAMES[code]
    candles = model.candles(market, timeframe, now_ms + 1, count, now_ms)
    begin_ms = min([candle.start_ms for candle in candles], default=now_ms)
    held = slots(list(model.prints(market, begin_ms, now_ms)), timeframe)
    assert [candle.start_ms for candle in candles] == sorted(held, reverse=True)[:count]
    assert all(is_made_of(candle, held[candle.start_ms]) for candle in candles)
    assert [older.close for older in candles[1:]] == [
        newer.previous_close for newer in candles[:-1]
    ]


@settings(max_examples=12)
@given(market=markets, code=st.sampled_from(["1d", "1w", "1M", "1y"]), now_ms=moments)
def test_long_candles_are_made_of_the_hours_in_them(market: str, code: str, now_ms: int) -> None:
    model, timeframe = MarketModel(seed=SEED, history_days=40), TIMEFRAMES[code]
    candles = model.candles(market, timeframe, now_ms + 1, 200, now_ms)
    hours = model.candles(market, TIMEFRAMES["1h"], now_ms + 1, 2000, now_ms)
    held: dict[int, list[CandleFigures]] = {}
    for hour in reversed(hours):
        held.setdefault(timeframe.start_of_ms(hour.start_ms), []).append(hour)
    assert [candle.start_ms for candle in candles] == sorted(held, reverse=True)
    for candle in candles:
        parts = held[candle.start_ms]
        assert (candle.open, candle.close) == (parts[0].open, parts[-1].close)
        assert candle.high == max(part.high for part in parts)
        assert candle.low == min(part.low for part in parts)
        assert candle.last_ms == parts[-1].last_ms
        assert candle.volume == pytest.approx(sum(part.volume for part in parts), rel=1e-12)
        assert candle.turnover == pytest.approx(sum(part.turnover for part in parts), rel=1e-12)


@settings(max_examples=15)
@given(market=markets, now_ms=moments, data=st.data())
def test_answers_dont_depend_on_what_was_asked_before(
    market: str, now_ms: int, data: st.DataObject
) -> None:
    questions: list[Question] = [
        lambda model: list(model.prints(market, now_ms - 90_000, now_ms)),
        lambda model: model.book(market, now_ms),
        lambda model: model.ticker(market, now_ms),
        lambda model: list(model.candles(market, TIMEFRAMES["1m"], now_ms, 100, now_ms)),
        lambda model: list(model.candles(market, TIMEFRAMES["1d"], now_ms, 5, now_ms)),
        lambda model: list(model.book_changes(market, now_ms - 90_000, now_ms)),
        lambda model: list(model.newest_prints(market, now_ms, 40)),
        lambda model: model.next_event_ms(market, now_ms),
        lambda model: model.ticker(market, now_ms - 7 * 3_600_000),
        lambda model: model.ticker(market, now_ms + DAY_MS),
        lambda model: model.book(market, now_ms + 90_000),
        lambda model: model.book("KRW-ETH", now_ms),
    ]
    model = MarketModel(seed=SEED, history_days=30)
    orders = st.lists(st.sampled_from(range(len(questions))), min_size=6, max_size=12)
    for number in data.draw(orders):
        fresh = MarketModel(seed=SEED, history_days=30)
        assert questions[number](model) == questions[number](fresh)


def plainly(model: MarketModel, market: str, at_ms: int) -> dict[str, float]:
    """Return a ticker's figures from nothing but the trades."""
    day_ms = at_ms // DAY_MS * DAY_MS
    window_ms = at_ms // 60_000 * 60_000 - DAY_MS
    rolling = model.prints(market, window_ms, at_ms + 1)
    today = [trade for trade in rolling if trade.trade_ms >= day_ms]
    prices = [trade.price for trade in today]
    last = model.newest_prints(market, at_ms + 1, 1)[0]
    before = model.newest_prints(market, day_ms, 1)[0].price
    return {
        "opening_price": prices[0] if prices else last.price,
        "high_price": max(prices, default=last.price),
        "low_price": min(prices, default=last.price),
        "trade_price": last.price,
        "prev_closing_price": before,
        "signed_change_price": float(exact(last.price) - exact(before)),
        "trade_volume": last.volume,
        "trade_ms": last.trade_ms,
        "acc_trade_price": sum(trade.price * trade.volume for trade in today),
        "acc_trade_volume": sum(trade.volume for trade in today),
        "acc_ask_volume": sum(trade.volume for trade in today if trade.side is Side.ASK),
        "acc_bid_volume": sum(trade.volume for trade in today if trade.side is Side.BID),
        "acc_trade_price_24h": sum(trade.price * trade.volume for trade in rolling),
        "acc_trade_volume_24h": sum(trade.volume for trade in rolling),
    }


@settings(max_examples=12)
@given(market=st.sampled_from(MARKETS[2:]), at_ms=moments)
@example(market="KRW-BTC", at_ms=NOON)
@example(market="KRW-SUN", at_ms=NOON // DAY_MS * DAY_MS)
def test_a_ticker_is_what_the_trades_say(market: str, at_ms: int) -> None:
    model = MarketModel(seed=SEED, history_days=3)
    ticker = model.ticker(market, at_ms)
    assert ticker is not None
    assert ticker.side is model.newest_prints(market, at_ms + 1, 1)[0].side
    for name, figure in plainly(model, market, at_ms).items():
        assert getattr(ticker, name) == pytest.approx(figure, rel=1e-9, abs=1e-15), name
    rate = ticker.signed_change_price / ticker.prev_closing_price
    assert ticker.signed_change_rate == pytest.approx(rate, abs=1e-10)
    assert model.prev_closing_price(market, at_ms) == ticker.prev_closing_price


def test_a_ticker_moves_on_by_itself_as_it_would_when_asked_for_anew() -> None:
    model = MarketModel(seed=SEED, history_days=3)
    midnight = NOON // DAY_MS * DAY_MS + DAY_MS
    for at_ms in range(midnight - 130_000, midnight + 130_000, 7_001):
        fresh = MarketModel(seed=SEED, history_days=3)
        assert model.ticker("KRW-DOGE", at_ms) == fresh.ticker("KRW-DOGE", at_ms)


@settings(max_examples=8)
@given(market=markets, at_ms=moments)
def test_extremes_of_52_weeks_are_those_of_the_day_candles(market: str, at_ms: int) -> None:
    model = MarketModel(seed=SEED)
    ticker = model.ticker(market, at_ms)
    assert isinstance(ticker, TickerFigures)
    days = model.candles(market, TIMEFRAMES["1d"], at_ms + 1, 365, at_ms + 1)
    since_ms = at_ms // DAY_MS * DAY_MS - 364 * DAY_MS
    year = {day.start_ms: day for day in days if day.start_ms >= since_ms}
    assert ticker.highest_52_week_price == max(day.high for day in year.values())
    assert ticker.lowest_52_week_price == min(day.low for day in year.values())
    assert year[ticker.highest_52_week_day_ms].high == ticker.highest_52_week_price
    assert year[ticker.lowest_52_week_day_ms].low == ticker.lowest_52_week_price


@settings(max_examples=40)
@given(market=markets, since_ms=moments, length_ms=st.integers(1, 150_000))
def test_trades_have_unique_rising_ids_and_stand_on_the_grid(
    market: str, since_ms: int, length_ms: int
) -> None:
    model = MarketModel(seed=SEED)
    trades = model.prints(market, since_ms, since_ms + length_ms)
    ids = [trade.sequential_id for trade in trades]
    assert ids == sorted(set(ids))
    for trade in trades:
        assert since_ms <= trade.trade_ms < since_ms + length_ms
        assert trade.sequential_id // 10_000 == trade.trade_ms
        price, volume = exact(trade.price), exact(trade.volume)
        assert round_to_tick(market, price) == price
        assert volume == volume.quantize(Decimal("1e-8"))
        assert volume > 0
    newest = model.newest_prints(market, since_ms + length_ms, 500, since_ms)
    assert list(newest) == list(trades)[::-1][:500]


def test_before_its_history_a_market_has_nothing() -> None:
    model = MarketModel(seed=SEED, history_days=2)
    first_ms = NOON // DAY_MS * DAY_MS - 2 * DAY_MS
    assert model.newest_prints("KRW-BTC", NOON, 10**6)[-1].trade_ms >= first_ms
    assert model.prints("KRW-BTC", first_ms - 60_000, first_ms - 1) != []
    days = model.candles("KRW-BTC", TIMEFRAMES["1d"], NOON, 200, NOON)
    assert [day.start_ms for day in days] == [first_ms + step * DAY_MS for step in (2, 1, 0)]
    assert days[-1].previous_close == days[-1].open


def test_thin_markets_have_minutes_without_a_candle() -> None:
    model = MarketModel(seed=SEED)
    minutes = model.candles("KRW-SUN", TIMEFRAMES["1m"], NOON, 50, NOON)
    assert len(minutes) == 50
    assert minutes[0].start_ms - minutes[-1].start_ms > 100 * 60_000


def test_the_next_event_is_the_next_trade_or_change_of_the_book() -> None:
    model = MarketModel(seed=SEED)
    for market in MARKETS:
        at_ms = NOON
        for _ in range(50):
            after_ms, at_ms = at_ms, model.next_event_ms(market, at_ms)
            assert at_ms > after_ms
            assert not model.prints(market, after_ms + 1, at_ms)
            assert not model.book_changes(market, after_ms + 1, at_ms)
            if at_ms % 60_000:
                assert model.prints(market, at_ms, at_ms + 1) or model.book_changes(
                    market, at_ms, at_ms + 1
                )


def test_rates_between_markets_agree() -> None:
    model = MarketModel(seed=SEED)

    def price(market: str) -> float:
        return model.newest_prints(market, NOON, 1)[0].price

    for base in ("ETH", "XRP", "SOL"):
        in_won = price(f"KRW-{base}")
        for quote in ("BTC", "USDT"):
            crossed = price(f"{quote}-{base}") * price(f"KRW-{quote}")
            assert crossed == pytest.approx(in_won, rel=0.03)


def test_a_market_that_isnt_listed_is_an_error() -> None:
    with pytest.raises(UnlistedMarketError):
        MarketModel(seed=SEED, markets=3).book("KRW-SUN", NOON)


def test_the_run_id_names_the_seed_and_nothing_of_the_process() -> None:
    assert MarketModel(seed=1).run_id == MarketModel(seed=1).run_id
    assert MarketModel(seed=1).run_id != MarketModel(seed=2).run_id


def test_a_market_with_less_of_a_past_is_another_run() -> None:
    usual = MarketModel(seed=1, history_days=DEFAULT_HISTORY_DAYS)
    assert usual.run_id == MarketModel(seed=1).run_id
    assert MarketModel(seed=1, history_days=30).run_id != usual.run_id
    assert {quote_of(row.market) for row in MarketModel(seed=1).listing} == {"KRW", "BTC", "USDT"}

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upbit_auto_trading.domain.price_grid import E8
from upbit_auto_trading.domain.timeframe import TIMEFRAMES
from upbit_auto_trading.simulator.market.market_model import MarketModel, UnlistedMarketError
from upbit_auto_trading.simulator.market.replay import shipped_candles
from upbit_auto_trading.simulator.market.scenarios import (
    RECORDED,
    SCENARIO_NAMES,
    ScenarioMarketError,
    UnknownScenarioError,
)

NOON = 1_795_435_200_000
MINUTE_MS = 60_000
MARKETS = ["KRW-BTC", "KRW-SUN", "BTC-ETH"]

names = st.sampled_from([name for name in SCENARIO_NAMES if name != RECORDED])
moments = st.integers(NOON, NOON + 10 * MINUTE_MS)


def model() -> MarketModel:
    return MarketModel(seed=5, history_days=2)


def price(market: MarketModel, code: str, at_ms: int) -> float:
    return market.newest_prints(code, at_ms + 1, 1)[0].price


@settings(max_examples=40)
@given(name=names, code=st.sampled_from(MARKETS), start_ms=moments, everywhere=st.booleans())
def test_what_was_before_a_scenario_stays_as_it_was(
    name: str, code: str, start_ms: int, everywhere: bool
) -> None:
    put, left = model(), model()
    put.book(code, start_ms)
    put.ticker(code, start_ms + 5 * MINUTE_MS)
    put.start_scenario(name, None if everywhere else code, start_ms)
    since_ms = start_ms - 90_000
    assert list(put.prints(code, since_ms, start_ms)) == list(left.prints(code, since_ms, start_ms))
    assert put.book(code, start_ms - 1) == left.book(code, start_ms - 1)
    assert put.ticker(code, start_ms - 1) == left.ticker(code, start_ms - 1)
    before = (code, TIMEFRAMES["1m"], start_ms, 30, start_ms)
    assert list(put.candles(*before)) == list(left.candles(*before))
    assert list(put.book_changes(code, since_ms, start_ms)) == list(
        left.book_changes(code, since_ms, start_ms)
    )
    assert put.run_id != left.run_id


@settings(max_examples=40)
@given(
    starts=st.lists(st.tuples(names, moments), min_size=1, max_size=3),
    code=st.sampled_from(MARKETS),
    length=st.integers(1, 15 * MINUTE_MS),
)
def test_under_scenarios_candles_are_still_exactly_the_trades_in_them(
    starts: list[tuple[str, int]], code: str, length: int
) -> None:
    put = model()
    for name, start_ms in sorted(starts, key=lambda start: start[1]):
        put.start_scenario(name, code, start_ms)
    now_ms = NOON + length
    candles = put.candles(code, TIMEFRAMES["1m"], now_ms, 12, now_ms)
    trades = put.prints(code, candles[-1].start_ms, now_ms)
    ids = [trade.sequential_id for trade in trades]
    assert ids == sorted(set(ids))
    for candle in candles:
        held = [trade for trade in trades if 0 <= trade.trade_ms - candle.start_ms < MINUTE_MS]
        prices = [trade.price for trade in held]
        assert (candle.open, candle.close) == (prices[0], prices[-1])
        assert (candle.high, candle.low) == (max(prices), min(prices))
        assert candle.volume == pytest.approx(sum(trade.volume for trade in held), rel=1e-12)
    assert sum(candle.volume for candle in candles) == pytest.approx(
        sum(trade.volume for trade in trades), rel=1e-9
    )


@pytest.mark.parametrize("code", MARKETS)
@pytest.mark.parametrize(("name", "rate"), [("surge", 0.1), ("crash", -0.1)])
def test_a_surge_and_a_crash_start_at_once_and_move_ten_per_cent_a_minute(
    name: str, rate: float, code: str
) -> None:
    put = model()
    start_ms = NOON + 33_456
    before = price(put, code, start_ms - 1)
    put.start_scenario(name, code, start_ms)
    for minutes in (1, 2, 3):
        moved = price(put, code, start_ms + minutes * MINUTE_MS) / before
        assert moved == pytest.approx((1.0 + rate) ** minutes, rel=0.03)
    after = price(put, code, start_ms + 20 * MINUTE_MS) / before
    assert after == pytest.approx((1.0 + rate) ** 3, rel=0.05)


def test_a_scenario_lasts_as_long_as_asked_and_the_market_goes_on_from_there() -> None:
    put, left = model(), model()
    start_ms = NOON + 10_000
    put.start_scenario("crash", "KRW-BTC", start_ms, minutes=1.0)
    level = price(put, "KRW-BTC", start_ms + MINUTE_MS) / price(
        left, "KRW-BTC", start_ms + MINUTE_MS
    )
    assert level == pytest.approx(0.9, rel=0.01)
    for minutes in (30, 300, 3000):
        at_ms = start_ms + minutes * MINUTE_MS
        assert price(put, "KRW-BTC", at_ms) / price(left, "KRW-BTC", at_ms) == pytest.approx(
            level, rel=0.01
        )


def test_normal_ends_a_running_scenario() -> None:
    put = model()
    put.start_scenario("surge", "KRW-BTC", NOON)
    put.start_scenario("normal", "KRW-BTC", NOON + MINUTE_MS)
    reached = price(put, "KRW-BTC", NOON + MINUTE_MS)
    assert price(put, "KRW-BTC", NOON + 4 * MINUTE_MS) == pytest.approx(reached, rel=0.02)


def test_a_scenario_on_one_market_leaves_the_others_alone() -> None:
    put, left = model(), model()
    put.start_scenario("crash", "KRW-BTC", NOON)
    later = (NOON - MINUTE_MS, NOON + 5 * MINUTE_MS)
    assert list(put.prints("KRW-XRP", *later)) == list(left.prints("KRW-XRP", *later))
    assert list(put.prints("BTC-ETH", *later)) == list(left.prints("BTC-ETH", *later))


def test_two_exchanges_with_the_same_scenarios_are_the_same() -> None:
    one, other = model(), model()
    for exchange in (one, other):
        exchange.start_scenario("listing-day", None, NOON + 777)
    other.ticker("KRW-SUN", NOON + 10 * MINUTE_MS)
    window = (NOON - MINUTE_MS, NOON + 3 * MINUTE_MS)
    assert one.run_id == other.run_id
    assert list(one.prints("KRW-SUN", *window)) == list(other.prints("KRW-SUN", *window))


def test_extremes_of_52_weeks_know_of_past_scenarios() -> None:
    put = MarketModel(seed=5)
    day_ms = 86_400_000
    put.start_scenario("listing-day", "KRW-BTC", NOON)
    at_ms = NOON + 40 * day_ms
    ticker = put.ticker("KRW-BTC", at_ms)
    assert ticker is not None
    days = put.candles("KRW-BTC", TIMEFRAMES["1d"], at_ms, 365, at_ms + 1)
    assert ticker.highest_52_week_price == max(day.high for day in days)
    assert ticker.highest_52_week_day_ms == NOON // day_ms * day_ms


def test_real_candles_are_played_from_the_next_minute_on() -> None:
    put = model()
    put.start_scenario(RECORDED, None, NOON + 1)
    end_ms = NOON + 241 * MINUTE_MS
    candles = put.candles("KRW-BTC", TIMEFRAMES["1m"], end_ms, 240, end_ms)
    assert candles[-1].start_ms == NOON + MINUTE_MS
    assert [candle.open * E8 for candle in candles[::-1]] == [
        candle.open_e8 for candle in shipped_candles()
    ]
    assert [candle.volume for candle in candles[::-1]] == [
        candle.volume_e8 / E8 for candle in shipped_candles()
    ]
    after = price(put, "KRW-BTC", end_ms + 10 * MINUTE_MS)
    assert after == pytest.approx(candles[0].close, rel=0.02)


def test_unknown_scenarios_and_markets_are_errors() -> None:
    put = model()
    with pytest.raises(UnknownScenarioError, match="earthquake"):
        put.start_scenario("earthquake", None, NOON)
    with pytest.raises(UnlistedMarketError):
        put.start_scenario("crash", "KRW-NOWHERE", NOON)
    with pytest.raises(ScenarioMarketError):
        put.start_scenario(RECORDED, "KRW-ETH", NOON)
    assert put.run_id == model().run_id


def test_extremes_of_52_weeks_know_of_replayed_candles() -> None:
    put = MarketModel(seed=5)
    put.start_scenario(RECORDED, None, NOON)
    ticker = put.ticker("KRW-BTC", NOON + 2 * 86_400_000)
    assert ticker is not None
    assert ticker.lowest_52_week_price * E8 <= min(candle.low_e8 for candle in shipped_candles())

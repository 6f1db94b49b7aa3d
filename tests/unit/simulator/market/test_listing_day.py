"""`listing-day` lists a market that wasn't there: no trade, book or candle before it."""

import pytest

from upbit_auto_trading.domain.timeframe import TIMEFRAMES
from upbit_auto_trading.simulator.market.listing import load_listing, new_listing
from upbit_auto_trading.simulator.market.market_model import MarketModel, UnlistedMarketError

NOW_MS = 1_787_731_683_777
MINUTE_MS = 60_000


def model(markets: int | None = 3) -> MarketModel:
    return MarketModel(seed=7, markets=markets, history_days=10)


def test_a_new_market_is_a_real_one_where_some_were_left_out_and_else_invented() -> None:
    assert new_listing({row.market for row in load_listing(3)}) == load_listing(4)[-1].market
    whole = {row.market for row in load_listing()}
    invented = new_listing(whole)
    assert invented.startswith("KRW-")
    assert invented not in whole
    assert new_listing(whole | {invented}) not in whole | {invented}


def test_the_market_joins_the_list_behind_those_of_its_quote_currency() -> None:
    made = model(None)
    before = [row.market for row in made.listing]
    run_id = made.run_id
    made.start_scenario("listing-day", None, NOW_MS)
    after = [row.market for row in made.listing]
    (new,) = set(after) - set(before)
    assert after.index(new) == sum(code.startswith("KRW-") for code in before)
    assert [code for code in after if code != new] == before
    assert made.run_id != run_id
    assert [row.market for row in made.running_scenarios(NOW_MS)] == [new]


@pytest.mark.parametrize("market", [None, "KRW-NOBODYKNOWS", "BTC-NOBODYKNOWS"])
def test_it_has_no_past_and_trades_from_the_moment_it_is_listed(market: str | None) -> None:
    made = model()
    made.start_scenario("listing-day", market, NOW_MS)
    new = made.running_scenarios(NOW_MS)[0].market
    assert new is not None
    assert made.ticker(new, NOW_MS - 1) is None
    assert made.newest_prints(new, NOW_MS, 10) == []
    assert made.book(new, NOW_MS - 1) is None
    later = NOW_MS + 5 * MINUTE_MS
    prints = made.prints(new, 0, later)
    assert len(prints) > 100
    assert prints[0].trade_ms >= NOW_MS
    ticker = made.ticker(new, later - 1)
    assert ticker is not None
    assert ticker.opening_price == prints[0].price == ticker.prev_closing_price
    volume = sum(trade.volume for trade in prints)
    assert ticker.acc_trade_volume == ticker.acc_trade_volume_24h == pytest.approx(volume)
    assert ticker.highest_52_week_price == max(trade.price for trade in prints)
    assert ticker.trade_price > 1.3 * prints[0].price
    for code in ("1m", "1d"):
        candles = made.candles(new, TIMEFRAMES[code], later, 200, later)
        assert sum(candle.volume for candle in candles) == pytest.approx(volume)
        assert candles[-1].open == prints[0].price
    assert made.book(new, later) is not None


def test_a_listed_market_goes_the_way_of_such_a_day_and_keeps_its_past() -> None:
    made, plain = model(), model()
    made.start_scenario("listing-day", "KRW-BTC", NOW_MS)
    assert made.listing == plain.listing
    assert made.newest_prints("KRW-BTC", NOW_MS, 5) == plain.newest_prints("KRW-BTC", NOW_MS, 5)
    later = NOW_MS + 4 * MINUTE_MS
    risen, usual = made.ticker("KRW-BTC", later), plain.ticker("KRW-BTC", later)
    assert risen is not None
    assert usual is not None
    assert risen.trade_price > 1.2 * usual.trade_price


def test_other_scenarios_list_nothing() -> None:
    made = model()
    with pytest.raises(UnlistedMarketError):
        made.start_scenario("surge", "KRW-NOBODYKNOWS", NOW_MS)

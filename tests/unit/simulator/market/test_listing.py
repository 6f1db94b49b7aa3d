from collections import Counter
from collections.abc import Callable
from typing import Any

from upbit_auto_trading.domain.market import base_of, parse_market
from upbit_auto_trading.domain.price_grid import E8
from upbit_auto_trading.simulator.market.listing import CAUTIONS, load_listing, recorded_minute
from upbit_auto_trading.simulator.market.market_model import MarketModel

LISTING = load_listing()


def test_as_many_markets_as_upbit_has_each_once() -> None:
    codes = [listed.market for listed in LISTING]
    assert len(codes) == len(set(codes)) == 855
    assert all(parse_market(code) == code for code in codes)
    assert Counter(listed.quote for listed in LISTING) == {"KRW": 289, "BTC": 312, "USDT": 254}


def test_won_markets_are_the_recorded_ones_in_the_recorded_order(
    payloads: Callable[[str], Any],
) -> None:
    rows = payloads("samples/rest_ticker_all_KRW_full_2026-03-11_244_markets.json")
    recorded = [row["market"] for row in rows]
    assert [listed.market for listed in LISTING][: len(recorded)] == recorded
    listed_of = {listed.market: listed for listed in LISTING}
    for row in rows:
        assert listed_of[row["market"]].base_price_krw == row["trade_price"]


def test_at_the_moment_of_the_recording_prices_are_the_recorded_ones(
    payloads: Callable[[str], Any],
) -> None:
    model = MarketModel(seed=3)
    for row in payloads("samples/rest_ticker_all_KRW_full_2026-03-11_244_markets.json")[::12]:
        trades = model.newest_prints(row["market"], recorded_minute() * 60_000, 1)
        assert abs(trades[0].price / row["trade_price"] - 1.0) < 0.04


def test_names_are_recorded_or_the_code_itself(payloads: Callable[[str], Any]) -> None:
    known = {row["market"]: row for row in payloads("samples/rest_market_all.json")}
    for listed in LISTING:
        assert listed.korean_name
        assert listed.english_name
        if listed.market in known:
            row = known[listed.market]
            assert (listed.korean_name, listed.english_name) == (
                row["korean_name"],
                row["english_name"],
            )
    sahara = next(listed for listed in LISTING if listed.market == "KRW-SAHARA")
    assert (sahara.korean_name, sahara.english_name) == ("SAHARA", "SAHARA")


def test_about_as_many_carry_warnings_and_cautions_as_on_upbit() -> None:
    assert 5 <= sum(listed.warning for listed in LISTING) <= 40
    assert 150 <= sum(bool(listed.cautions) for listed in LISTING) <= 320
    assert all(listed.cautions <= set(CAUTIONS) for listed in LISTING)
    by_base: dict[str, set[bool]] = {}
    for listed in LISTING:
        by_base.setdefault(base_of(listed.market), set()).add(listed.warning)
    assert all(len(flags) == 1 for flags in by_base.values())


def test_a_shorter_list_always_has_bitcoin() -> None:
    assert [listed.market for listed in load_listing(1)] == ["KRW-BTC"]
    assert [listed.market for listed in load_listing(3)] == ["KRW-XRP", "KRW-BTC", "KRW-ICP"]
    assert load_listing(10_000) == LISTING


def test_a_year_of_volume_fits_64_bits() -> None:
    for listed in LISTING:
        price = listed.base_price_krw
        quote_krw = next(
            (other.base_price_krw for other in LISTING if other.base == listed.quote), 1.0
        )
        coins = listed.style.trades * 1440 * listed.style.trade_total / (price / quote_krw)
        assert coins * listed.style.lots * 366 < 2**63
        assert E8 % listed.style.lots == 0

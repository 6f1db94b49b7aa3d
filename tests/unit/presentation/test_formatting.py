from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import START_MS
from upbit_auto_trading.domain.timeframe import TIMEFRAMES, parse_timeframe
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import choose_language, language


@pytest.fixture(autouse=True)
def in_korean() -> Iterator[None]:
    before = language()
    choose_language("ko")
    yield
    choose_language(before)


@pytest.mark.parametrize(
    ("market", "value", "text"),
    [
        ("KRW-BTC", 142_009_000.0, "142,009,000"),
        ("KRW-XRP", 3912.0, "3,912"),
        ("KRW-ICX", 58.3, "58.3"),
        ("KRW-SHIB", 0.00854, "0.00854"),
        ("KRW-PEPE", 0.0001, "0.000100"),
        ("BTC-ETH", 0.03655, "0.03655000"),
        ("USDT-BTC", 97_123.5, "97,123.50"),
        ("KRW-BTC", 0.0, "0.00000000"),
    ],
)
def test_prices_have_the_decimals_of_their_markets_tick(
    market: str, value: float, text: str
) -> None:
    assert formatting.price(market, value) == text


def test_a_price_off_its_tick_is_not_rounded_away() -> None:
    assert formatting.price("KRW-DOGE", 412.5) == "412.5"


@given(st.floats(min_value=1e-8, max_value=1e9, allow_nan=False))
def test_a_written_price_reads_back_to_eight_decimals(value: float) -> None:
    text = formatting.price("KRW-BTC", value)
    assert abs(float(text.replace(",", "")) - value) <= 5.1e-9 + value * 1e-12


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.0124, "+1.24%"),
        (-0.0043, "−0.43%"),
        (0.0, "0.00%"),
        (0.00001, "0.00%"),
        (-0.00001, "0.00%"),
        (1.5, "+150.00%"),
    ],
)
def test_percentages_are_signed_with_a_true_minus(fraction: float, text: str) -> None:
    assert formatting.percent(fraction) == text


def test_a_number_that_rounds_to_zero_has_no_sign() -> None:
    assert [formatting.number(value, 2) for value in (-0.001, -0.0, 0.001)] == ["0.00"] * 3
    assert formatting.number(-0.006, 2) == "−0.01"
    assert formatting.number(-1200.0, 0) == "−1,200"


def test_differences_carry_their_sign() -> None:
    assert formatting.signed_price("KRW-BTC", 1_739_000.0, 142e6) == "+1,739,000"
    assert formatting.signed_price("KRW-ICX", -0.4, 58.3) == "−0.4"
    assert formatting.signed_price("KRW-BTC", 0.0, 142e6) == "0"


@pytest.mark.parametrize(
    ("value", "korean", "english"),
    [
        (2_415_232_819_659.0, "2.4조", "2.4T"),
        (483_100_000_000.0, "4,831억", "483.1B"),
        (120_000_000.0, "1.2억", "120.0M"),
        (34_500_000.0, "3,450만", "34.5M"),
        (9_999.0, "9,999", "10.0K"),
    ],
)
def test_large_sums_are_shortened_the_way_each_language_counts(
    value: float, korean: str, english: str
) -> None:
    assert formatting.turnover("KRW-BTC", value) == korean
    choose_language("en")
    assert formatting.turnover("KRW-BTC", value) == english


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "—"),
        (0.12, "0.1초 전"),
        (-0.3, "0.0초 전"),
        (42.4, "42초 전"),
        (180.0, "3분 전"),
        (7_300.0, "2시간 전"),
    ],
)
def test_ages_get_coarser_as_they_grow(seconds: float | None, text: str) -> None:
    assert formatting.age(seconds) == text


def test_times_are_korean() -> None:
    assert formatting.clock(datetime(2026, 11, 23, 5, 32, 7, tzinfo=UTC)) == "14:32:07"
    assert formatting.candle_time(START_MS, parse_timeframe("1m")) == "17:08"
    assert formatting.full_candle_time(START_MS, parse_timeframe("1m")) == "08/26 17:08"
    assert formatting.candle_time(START_MS, parse_timeframe("1d")) == "2026-08-26"
    assert formatting.moment(START_MS + 43) == "17:08:00.043 KST (08:08:00.043 UTC)"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (53.9, "00:53"),
        (0.0, "00:00"),
        (-1.0, "00:00"),
        (11_529.0, "03:12:09"),
        (97_200, "1일 03시간"),
    ],
)
def test_the_countdown_names_what_is_left(seconds: float, text: str) -> None:
    assert formatting.countdown(seconds) == text


def test_every_timeframe_has_a_name_of_its_own_in_both_languages() -> None:
    for chosen in ("ko", "en"):
        choose_language(chosen)
        names = {formatting.timeframe_name(timeframe) for timeframe in TIMEFRAMES.values()}
        assert len(names) == len(TIMEFRAMES)


def test_directions_have_arrow_and_colour() -> None:
    assert [formatting.arrow(x) for x in (1.0, -1.0, 0.0)] == ["▲", "▼", "—"]
    assert [formatting.direction(x) for x in (1.0, -1.0, 0.0)] == ["up", "down", "even"]


@pytest.mark.parametrize(
    ("market", "value", "text"),
    [
        ("KRW-BTC", 198_189_163_442.74924, "198,189,163,443"),
        ("BTC-ETH", 0.54412345, "0.54412345"),
        ("USDT-BTC", 519_812.347, "519,812.35"),
    ],
)
def test_an_exact_sum_never_reads_as_nothing_in_dear_currencies(
    market: str, value: float, text: str
) -> None:
    assert formatting.exact_turnover(market, value) == text


def test_a_unit_follows_a_sum_the_way_each_language_writes_it() -> None:
    assert formatting.unit_behind("KRW") == "원"
    assert formatting.unit_behind("USDT") == " USDT"
    choose_language("en")
    assert formatting.unit_behind("KRW") == " KRW"

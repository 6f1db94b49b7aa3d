import pytest

from upbit_auto_trading.domain.market import (
    InvalidMarketError,
    MarketInfo,
    base_of,
    parse_market,
    quote_of,
)


def test_a_code_is_trimmed_and_upper_case() -> None:
    assert parse_market(" krw-btc ") == "KRW-BTC"


@pytest.mark.parametrize("text", ["", "BTC", "KRW_BTC", "KRW-", "-BTC", "KRW-BTC.5", "KRW-B TC"])
def test_what_is_no_code_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(InvalidMarketError) as refusal:
        parse_market(text)
    assert refusal.value.text == text
    assert "KRW-BTC" in str(refusal.value)


def test_the_quote_comes_first() -> None:
    info = MarketInfo("USDT-1INCH", "원인치", "1inch")
    assert (info.quote, info.base) == ("USDT", "1INCH")
    assert (quote_of(info.market), base_of(info.market)) == ("USDT", "1INCH")

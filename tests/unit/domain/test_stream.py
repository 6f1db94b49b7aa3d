import pytest

from upbit_auto_trading.domain.market import InvalidMarketError
from upbit_auto_trading.domain.stream import (
    CHANNELS,
    InvalidLevelError,
    InvalidStreamError,
    Stream,
)


def test_the_channels_are_upbits_public_stream_types() -> None:
    minutes = {f"candle.{n}m" for n in (1, 3, 5, 10, 15, 30, 60, 240)}
    assert {"ticker", "trade", "orderbook", "candle.1s"} | minutes == CHANNELS


def test_an_unknown_channel_is_refused() -> None:
    with pytest.raises(InvalidStreamError, match=r"candle\.2m"):
        Stream("candle.2m", "KRW-BTC")


def test_a_lower_case_code_is_refused_because_upbit_would_ignore_it_silently() -> None:
    with pytest.raises(InvalidStreamError):
        Stream("ticker", "krw-btc")


def test_what_is_no_market_is_refused() -> None:
    with pytest.raises(InvalidMarketError):
        Stream("ticker", "BTC")


def test_streams_are_values() -> None:
    assert Stream("trade", "KRW-BTC") == Stream("trade", "KRW-BTC")
    assert len({Stream("trade", "KRW-BTC"), Stream("trade", "KRW-BTC")}) == 1
    assert str(Stream("trade", "KRW-BTC")) == "trade KRW-BTC"


def test_a_book_at_another_level_is_another_stream() -> None:
    grouped = Stream("orderbook", "KRW-BTC", 10_000)
    assert grouped != Stream("orderbook", "KRW-BTC")
    assert grouped == Stream("orderbook", "KRW-BTC", 10_000.0)
    assert str(grouped) == "orderbook KRW-BTC level 10000"
    assert str(Stream("orderbook", "KRW-DOGE", 0.5)) == "orderbook KRW-DOGE level 0.5"


@pytest.mark.parametrize(
    ("channel", "market", "level"),
    [
        ("orderbook", "USDT-BTC", 10.0),
        ("orderbook", "BTC-ETH", 1.0),
        ("trade", "KRW-BTC", 10_000.0),
        ("orderbook", "KRW-BTC", -10.0),
        ("orderbook", "KRW-BTC", float("nan")),
        ("orderbook", "KRW-BTC", float("inf")),
    ],
)
def test_only_books_of_won_markets_are_grouped_and_by_a_positive_size(
    channel: str, market: str, level: float
) -> None:
    with pytest.raises(InvalidLevelError):
        Stream(channel, market, level)

import pytest

from upbit_auto_trading.domain.market import InvalidMarketError
from upbit_auto_trading.domain.stream import CHANNELS, InvalidStreamError, Stream


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

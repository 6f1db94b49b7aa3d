import json
from typing import Any

import pytest

from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.upbit.subscribe_message import (
    list_subscriptions_text,
    subscription_text,
)

BTC, ETH = "KRW-BTC", "KRW-ETH"


def types_of(text: str) -> list[dict[str, Any]]:
    types: list[dict[str, Any]]
    ticket, *types, form = json.loads(text)
    assert ticket == {"ticket": "t"}
    assert form == {"format": "DEFAULT"}
    return types


def test_markets_of_one_channel_share_a_type_object() -> None:
    streams = frozenset({Stream("trade", BTC), Stream("trade", ETH), Stream("ticker", BTC)})
    assert types_of(subscription_text(streams, "t")) == [
        {"type": "ticker", "codes": [BTC]},
        {"type": "trade", "codes": [BTC, ETH]},
    ]


def test_what_is_waited_for_comes_first_and_once() -> None:
    streams = frozenset({Stream("trade", BTC), Stream("trade", ETH), Stream("ticker", BTC)})
    first = [Stream("trade", ETH), Stream("orderbook", ETH)]
    assert types_of(subscription_text(streams, "t", first)) == [
        {"type": "trade", "codes": [ETH]},
        {"type": "ticker", "codes": [BTC]},
        {"type": "trade", "codes": [BTC]},
    ]


def test_each_level_of_a_book_has_a_type_object_of_its_own() -> None:
    levels = (0.0, 10_000.0, 0.5)
    streams = frozenset(Stream("orderbook", BTC, level) for level in levels)
    assert types_of(subscription_text(streams, "t")) == [
        {"type": "orderbook", "codes": [BTC]},
        {"type": "orderbook", "codes": [BTC], "level": 0.5},
        {"type": "orderbook", "codes": [BTC], "level": 10_000},
    ]
    assert '"level":10000}' in subscription_text(streams, "t")


def test_an_empty_set_has_no_frame() -> None:
    with pytest.raises(ValueError, match="at least one stream"):
        subscription_text(frozenset(), "t")


def test_the_list_is_asked_for_in_the_format_of_the_running_streams() -> None:
    assert types_of(list_subscriptions_text("t")) == [{"method": "LIST_SUBSCRIPTIONS"}]

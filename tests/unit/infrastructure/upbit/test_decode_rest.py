import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from upbit_auto_trading.domain.failure import BadDataError
from upbit_auto_trading.domain.instrument import Instrument
from upbit_auto_trading.infrastructure.upbit.decode_rest import instruments_of

Payloads = Callable[[str], Any]


def test_instruments_keep_tick_sizes_exact_and_levels_as_numbers(payloads: Payloads) -> None:
    body = json.dumps(payloads("samples/rest_orderbook_instruments.json")).encode()
    found = {one.market: one for one in instruments_of(body, "orderbook/instruments")}
    assert found["KRW-BTC"] == Instrument(
        "KRW-BTC",
        Decimal(1000),
        (0.0, 10_000.0, 100_000.0, 1_000_000.0, 10_000_000.0, 100_000_000.0),
    )
    assert found["BTC-ETH"] == Instrument("BTC-ETH", Decimal("0.00000001"), (0.0,))


@pytest.mark.parametrize("field", [{"tick_size": "wide"}, {"supported_levels": ["0", "much"]}])
def test_instruments_that_are_no_numbers_are_refused(field: dict[str, Any]) -> None:
    row = {"market": "KRW-BTC", "tick_size": "1000", "supported_levels": ["0"]} | field
    with pytest.raises(BadDataError, match="wrong_fields"):
        instruments_of(json.dumps([row]).encode(), "orderbook/instruments")

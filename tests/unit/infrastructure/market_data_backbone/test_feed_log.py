import logging

import pytest

from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import SwapKind, SwapRecord
from upbit_auto_trading.infrastructure.market_data_backbone.feed_log import (
    log_happening,
    log_swap,
)
from upbit_auto_trading.infrastructure.market_data_backbone.subscription_performance_monitor import (  # noqa: E501
    Happening,
)
from upbit_auto_trading.presentation.screens.metrics_trouble_words import CODES

BTC = Stream("ticker", "KRW-BTC")
Log = pytest.LogCaptureFixture


@pytest.fixture(autouse=True)
def heard(caplog: Log) -> None:
    caplog.set_level(logging.INFO, "upbit_auto_trading")


def lines(caplog: Log) -> list[tuple[int, str]]:
    return [(record.levelno, record.getMessage()) for record in caplog.records]


def test_a_connection_that_comes_and_goes_is_no_warning(caplog: Log) -> None:
    facts = {"epoch": 3, "cause": None, "close_code": None, "connects": 4}
    log_happening(Happening(0.0, "connection_connected", facts))
    log_happening(Happening(0.0, "connection_reconnecting", facts | {"cause": "pong_missing"}))
    assert lines(caplog) == [
        (logging.INFO, "connection connected epoch=3 connects=4"),
        (logging.INFO, "connection reconnecting epoch=3 cause=pong_missing connects=4"),
    ]


def test_what_somebody_may_have_to_look_into_is_a_warning_of_bearable_length(caplog: Log) -> None:
    streams = [f"ticker KRW-{number}" for number in range(7)]
    log_happening(Happening(0.0, "streams_stalled", {"why": "missed", "streams": streams}))
    listed = ", ".join(streams[:5])
    line = f"streams stalled why=missed streams=[{listed}, and 2 more]"
    assert lines(caplog) == [(logging.WARNING, line)]


def test_a_line_bears_the_code_by_which_the_window_calls_it(caplog: Log) -> None:
    log_happening(Happening(0.0, "streams_stalled", {"streams": ["ticker KRW-BTC"]}))
    log_happening(Happening(0.0, "connection_reconnecting", {"cause": "reset"}))
    log_happening(Happening(0.0, "connection_connected", {}))
    codes = [getattr(record, "code", None) for record in caplog.records]
    assert codes == ["E-STREAM-STALL", "E-WS-LOST", ""]
    assert {code for code in codes if code} <= set(CODES.values())


def test_a_swap_is_one_line_with_its_figures(caplog: Log) -> None:
    added = frozenset({BTC})
    log_swap(SwapRecord(SwapKind.SMART, added, frozenset(), 0.0, 21.04, 22.96))
    log_swap(SwapRecord(SwapKind.FULL, added, frozenset(), 0.0, None, None, added))
    log_swap(SwapRecord(SwapKind.NONE, frozenset(), frozenset(), 0.0, 0.0, 0.0))
    assert lines(caplog) == [
        (logging.INFO, "swap kind=smart first_ms=21.0 complete_ms=23.0 added=1 removed=0"),
        (logging.INFO, "swap kind=full added=1 removed=0 silent=[ticker KRW-BTC]"),
    ]

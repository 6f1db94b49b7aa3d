"""Which lines of the log are listed."""

from dataclasses import replace

from upbit_auto_trading.application.log_view import LogFilter, as_text, components_of
from upbit_auto_trading.domain.log_line import LogLevel, LogLine

LOST = LogLine(
    1, 1_800_000_000.5, LogLevel.WARNING, "infrastructure.upbit.websocket_client",
    "E-WS-LOST", "epoch=3 run=7", "the connection is lost",
)  # fmt: skip
DRAFT = LogLine(2, 1_800_000_001.0, LogLevel.INFO, "application.triggers", "", "run=7", "kept")
LINES = [LOST, DRAFT]


def test_an_empty_filter_lists_everything_in_order() -> None:
    assert LogFilter().listed(LINES) == LINES


def test_a_level_lists_itself_and_what_is_graver() -> None:
    assert LogFilter(LogLevel.WARNING).listed(LINES) == [LOST]
    assert LogFilter(LogLevel.ERROR).listed(LINES) == []


def test_a_component_includes_its_parts() -> None:
    assert LogFilter(component="infrastructure").listed(LINES) == [LOST]
    assert LogFilter(component="infrastructure.upbit.websocket_client").listed(LINES) == [LOST]


def test_words_are_alternatives_found_in_text_code_and_component() -> None:
    assert LogFilter(words=("e-ws-lost",)).listed(LINES) == [LOST]
    assert LogFilter(words=("nowhere", "TRIGGERS")).listed(LINES) == [DRAFT]


def test_a_correlation_is_matched_whole() -> None:
    assert LogFilter(correlation="run=7").listed(LINES) == LINES
    assert LogFilter(correlation="epoch=3").listed(LINES) == [LOST]
    assert LogFilter(correlation="epoch=").listed(LINES) == []


def test_components_are_layers_and_their_modules() -> None:
    assert components_of(LINES) == [
        "application",
        "application.triggers",
        "infrastructure",
        "infrastructure.upbit",
        "infrastructure.upbit.websocket_client",
    ]


def test_a_copied_line_says_everything_and_its_details_below() -> None:
    text = as_text(replace(LOST, details="Traceback"))
    assert text.startswith("2027-01-15T08:00:00.500+00:00 WARNING infrastructure.upbit")
    assert "E-WS-LOST epoch=3 run=7 the connection is lost" in text
    assert text.endswith("\nTraceback")

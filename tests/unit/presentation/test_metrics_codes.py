"""Every code the metrics screen can be given has words of its own."""

import ast
from pathlib import Path

import pytest

import upbit_auto_trading
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.infrastructure.market_data_backbone.channel_selector import RULES, Way
from upbit_auto_trading.infrastructure.market_data_backbone.smart_fallback_manager import (
    SmartFallbackManager,
)
from upbit_auto_trading.infrastructure.upbit.reconnect import LossCause
from upbit_auto_trading.infrastructure.upbit.timings import Timings
from upbit_auto_trading.presentation.i18n import choose_language
from upbit_auto_trading.presentation.screens import metrics_panel_words, metrics_words

BACKBONE = Path(upbit_auto_trading.__file__).parent / "infrastructure" / "market_data_backbone"


@pytest.fixture(autouse=True)
def korean() -> None:
    choose_language("ko")


def _degraded_with() -> set[str]:
    """The codes written out where the backbone counts a degradation."""
    calls = [
        node
        for path in BACKBONE.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "degraded"
    ]
    firsts = [call.args[0] for call in calls]
    return {str(one.value) for one in firsts if isinstance(one, ast.Constant)}


def _stand_ins() -> set[str]:
    manager = SmartFallbackManager(Timings())
    kinds = [kind for kind in MarketDataError.__subclasses__() if hasattr(kind, "cause")]
    made = [kind.__new__(kind) for kind in kinds]
    return {f"rest_{error.cause}" for error in made if manager.may_stand_in(error)}


def test_every_degradation_is_worded() -> None:
    codes = _degraded_with() | {f"connection_{cause.value}" for cause in LossCause}
    assert {"streams_isolated", "request_unanswered"} <= codes
    for code in codes:
        assert not metrics_panel_words.degradation(code).isascii(), code


def test_every_cause_of_a_fallback_is_worded() -> None:
    causes = {reason for reason, way, _ in RULES if way is Way.REST}
    causes -= {"not_held", "only_rest_has_it"}
    assert len(_stand_ins()) > 3
    for code in causes | _stand_ins() | {"no_data_in_time"}:
        assert metrics_panel_words.cause(code) != code


def test_every_reason_of_the_selector_is_worded() -> None:
    for reason, _way, _holds in RULES:
        assert metrics_words.reason(reason) != reason

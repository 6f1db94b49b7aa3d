"""What the plot of swaps says beside its bars."""

from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import SwapKind, SwapRecord
from upbit_auto_trading.presentation.i18n import choose_language
from upbit_auto_trading.presentation.screens.metrics_plot_words import swap_note

BTC = frozenset({Stream("ticker", "KRW-BTC")})
NOTHING: frozenset[Stream] = frozenset()


def swap(kind: SwapKind, first_ms: float | None, added: frozenset[Stream] = BTC) -> SwapRecord:
    return SwapRecord(kind, added, NOTHING, 1.0, first_ms, first_ms)


def test_only_changes_that_are_drawn_are_counted_and_the_others_are_named() -> None:
    choose_language("en")
    records = [
        swap(SwapKind.SMART, 20.0),
        swap(SwapKind.FULL, 60.0),
        swap(SwapKind.FULL, None),
        swap(SwapKind.FULL, None, NOTHING),
    ]
    assert swap_note(records) == "2 times · smart 50.0 % · 1 without a value"
    assert swap_note(records[2:]) == "1 without a value"
    assert swap_note(()) == ""

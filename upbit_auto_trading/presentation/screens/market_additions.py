"""What the market screen shows beside the exchange's own figures, in the order of its columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.screener_addition import ScreenerPart
from upbit_auto_trading.presentation.viewmodels.market_rsi import TIMEFRAMES, RsiColumn
from upbit_auto_trading.presentation.widgets.segmented import Segmented

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.screens.screen import ScreenContext
    from upbit_auto_trading.presentation.viewmodels.market_addition import MarketAddition


@dataclass(frozen=True, slots=True)
class AddedPart:
    """An addition with its label and control in the toolbar, if it has one.

    `state` and `restore` carry what the user chose into another look: plain values.
    """

    addition: MarketAddition
    label: str = ""
    control: QWidget | None = None
    state: Callable[[], object] = lambda: None
    restore: Callable[[object], None] = lambda _state: None


def market_additions(context: ScreenContext) -> list[AddedPart]:
    """Every addition, made anew for one screen."""
    return [_rsi(context), _screener(context)]


def _rsi(context: ScreenContext) -> AddedPart:
    column = RsiColumn(context.wall_clock)
    names = [formatting.timeframe_name(parse_timeframe(code)) for code in TIMEFRAMES]
    choice = Segmented(_("RSI of candles of"), list(zip(TIMEFRAMES, names, strict=True)))
    choice.show_value(column.timeframe)
    choice.chosen.connect(column.use_timeframe)

    def restore(state: object) -> None:
        if state in TIMEFRAMES:
            column.use_timeframe(str(state))
            choice.show_value(column.timeframe)

    return AddedPart(column, "RSI", choice, lambda: column.timeframe, restore)


def _screener(context: ScreenContext) -> AddedPart:
    part = ScreenerPart(context)
    return AddedPart(part.column, _("Trigger"), part.control, part.state, part.restore)

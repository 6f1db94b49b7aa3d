"""The screener on the market screen: what its cells say, and its control in the toolbar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.expression import comparisons
from upbit_auto_trading.domain.truth import Truth
from upbit_auto_trading.presentation import wording
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.market_row import MarketCell
from upbit_auto_trading.presentation.screens.preview_words import (
    leaves,
    numbers_of,
    record_rows,
    shown_value,
)
from upbit_auto_trading.presentation.screens.strategy_now import away
from upbit_auto_trading.presentation.screens.strategy_words import of
from upbit_auto_trading.presentation.viewmodels.screener_column import ScreenerColumn
from upbit_auto_trading.presentation.widgets.screener_choice import ScreenerChoice

if TYPE_CHECKING:
    from upbit_auto_trading.application.screener import Screened
    from upbit_auto_trading.domain.evaluation_record import ComparisonRecord
    from upbit_auto_trading.domain.expression import Comparison, Expression
    from upbit_auto_trading.presentation.screens.screen import ScreenContext

_GLYPHS = {Truth.TRUE: "●", Truth.FALSE: "○", Truth.UNKNOWN: "◌"}
_INKS = {Truth.TRUE: "good", Truth.FALSE: "text-1", Truth.UNKNOWN: "text-3"}


def cell_words(figure: Screened, trigger: Expression, market: str) -> MarketCell:
    """What a market's cell says of a trigger: `● 19.4 ≤ 20`, `○ 28.4 · 8.4 to go`, `○ 1/2`."""
    pairs = list(zip(comparisons(trigger), leaves(figure.record), strict=True))
    rows = list(record_rows(trigger, figure.record, market))
    told = "\n".join(
        f"{_GLYPHS[Truth(row.truth)]} {row.letter} {row.words} {row.numbers} {row.hint}".rstrip()
        for row in rows
    )
    glyph, ink = _GLYPHS[figure.truth], _INKS[figure.truth]
    if figure.truth is Truth.UNKNOWN:
        reasons = {each.reason for _comparison, leaf in pairs for each in leaf.unknown}
        why = ", ".join(sorted({wording.unknown(reason) for reason in reasons}))
        return MarketCell(f"{glyph} {_('unknown')}", ink, None, f"{why}\n{told}".strip())
    if len(pairs) == 1:
        text = _one(*pairs[0], market)
    else:
        true = sum(leaf.truth is Truth.TRUE for _comparison, leaf in pairs)
        text = f"{true}/{len(pairs)} {_farthest(pairs, market)}".rstrip()
    # The nearest is the largest: tables show the largest first.
    order = None if figure.distance is None else -figure.distance
    return MarketCell(f"{glyph} {text}", ink, order, told)


def _one(comparison: Comparison, leaf: ComparisonRecord, market: str) -> str:
    """A lone condition: its numbers where it holds, else its value and how far that is off."""
    left = away(comparison, leaf, market)
    if leaf.truth is Truth.TRUE or leaf.left is None or not left:
        return numbers_of(comparison, leaf, market)
    unit = shipped_variables()[comparison.left.variable].unit
    return f"{shown_value(unit, leaf.left, market)} · {left}"


def _farthest(pairs: list[tuple[Comparison, ComparisonRecord]], market: str) -> str:
    """The first condition that doesn't hold, as what it reads now."""
    for comparison, leaf in pairs:
        if leaf.truth is Truth.FALSE and leaf.left is not None:
            unit = shipped_variables()[comparison.left.variable].unit
            name = of(shipped_variables()[comparison.left.variable].short)
            return f"{name} {shown_value(unit, leaf.left, market)}"
    return ""


class ScreenerPart(QObject):
    """The column and its control; `state` and `restore` carry the choice into a new look."""

    def __init__(self, context: ScreenContext) -> None:
        super().__init__()
        self.column = ScreenerColumn(cell_words, of)
        self.setParent(self.column)
        self.control = ScreenerChoice(context.theme)
        self.control.show_choices([], "")
        self.control.chosen.connect(self._chosen)
        self.control.only_true_chosen.connect(self._only_true)
        self.column.choices_changed.connect(self._show)
        self.column.progressed.connect(self._show_progress)

    def state(self) -> object:
        """Which trigger is looked for, and whether only hits stay."""
        return self.column.chosen, self.column.only_true

    def restore(self, state: object) -> None:
        """Look for what an earlier look did."""
        if isinstance(state, tuple) and len(state) == 2:
            chosen, only_true = state
            self.column.choose(str(chosen))
            self.column.show_only_true(only_true=bool(only_true))
            self._show()

    def _show(self) -> None:
        column = self.column
        choices = [
            (
                one.key,
                _("shipped: {name}").format(name=of(one.name)) if one.is_shipped else of(one.name),
            )
            for one in column.choices
        ]
        self.control.show_choices(choices, column.chosen)
        self.control.show_chosen(column.chosen, only_true=column.only_true)

    def _chosen(self, key: str) -> None:
        self.column.choose(key)
        self.control.show_chosen(key, only_true=self.column.only_true)
        self._show_progress()

    def _only_true(self, only_true: bool) -> None:
        self.column.show_only_true(only_true=only_true)

    def _show_progress(self) -> None:
        known, wanted = self.column.progress
        if not self.column.chosen or not wanted:
            text = ""
        elif not self.column.is_possible:
            text = _("needs a position or the order book")
        elif known < wanted:
            text = _("{known}/{wanted} markets known").format(known=known, wanted=wanted)
        else:
            text = _("all {wanted} markets live").format(wanted=wanted)
        self.control.show_progress(text)

"""The arrangements of the chart screen's panes that are there from the start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt

from upbit_auto_trading.presentation.i18n import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PyQt6.QtWidgets import QDockWidget

    from upbit_auto_trading.presentation.screens.dock_area import DockArea

    Docks = Mapping[str, QDockWidget]

DEFAULT: Final = "default"
SCALPING: Final = "scalping"
WRITING: Final = "writing"
SHIPPED: Final = (DEFAULT, SCALPING, WRITING)

LIST, CHART, CONDITION, BOOK, TAPE = "list", "chart", "condition", "book", "tape"

_LEFT: Final = Qt.DockWidgetArea.LeftDockWidgetArea
_ACROSS: Final = Qt.Orientation.Horizontal
_DOWN: Final = Qt.Orientation.Vertical
_CONDITION_HEIGHT: Final = 68


def layout_name(key: str) -> str:
    """What a shipped arrangement is called."""
    return {
        DEFAULT: _("Standard"),
        SCALPING: _("Day trading"),
        WRITING: _("Writing strategies"),
    }[key]


def arrange(area: DockArea, key: str, *, compact: bool) -> None:
    """Put the panes where a shipped arrangement has them; `compact` in a narrow window."""
    depth = 244 if compact else 290
    sizes = {
        LIST: (204 if compact else 282, 0),
        BOOK: (depth, 0),
        TAPE: (depth, 0),
        CONDITION: (0, _CONDITION_HEIGHT),
    }
    area.arrange(lambda docks: _place(area, docks, key, compact=compact), sizes)


def _place(area: DockArea, docks: Docks, key: str, *, compact: bool) -> None:
    """List, chart over condition, ladder over tape; what an arrangement lacks is hidden there.

    In a narrow window the tape is a tab behind the ladder; for day trading it stands beside it.
    """
    area.addDockWidget(_LEFT, docks[LIST])
    area.splitDockWidget(docks[LIST], docks[CHART], _ACROSS)
    area.splitDockWidget(docks[CHART], docks[BOOK], _ACROSS)
    area.splitDockWidget(docks[CHART], docks[CONDITION], _DOWN)
    if compact:
        area.tabifyDockWidget(docks[BOOK], docks[TAPE])
    elif key == SCALPING:
        area.splitDockWidget(docks[BOOK], docks[TAPE], _ACROSS)
    else:
        area.splitDockWidget(docks[BOOK], docks[TAPE], _DOWN)
    hidden = {SCALPING: (LIST, CONDITION), WRITING: (LIST, BOOK, TAPE)}.get(key, ())
    for name, dock in docks.items():
        dock.setVisible(name not in hidden)
    if compact:
        docks[BOOK].raise_()
    elif key == DEFAULT:
        area.resizeDocks([docks[BOOK], docks[TAPE]], [560, 320], _DOWN)

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
    if key == WRITING:
        area.arrange(lambda docks: _writing(area, docks), {CONDITION: (0, _CONDITION_HEIGHT)})
        return
    depth = 244 if compact else 290
    sizes = {
        LIST: (204 if compact else 282, 0),
        BOOK: (depth, 0),
        TAPE: (depth, 0),
        CONDITION: (0, _CONDITION_HEIGHT),
    }
    if key == SCALPING and not compact:
        area.arrange(lambda docks: _scalping(area, docks), sizes)
        return
    has_list = key == DEFAULT
    area.arrange(lambda docks: _standard(area, docks, compact=compact, has_list=has_list), sizes)


def _standard(area: DockArea, docks: Docks, *, compact: bool, has_list: bool) -> None:
    """List, chart over condition, ladder over tape; in a narrow window the tape is a tab."""
    _begin(area, docks, CHART)
    if has_list:
        area.addDockWidget(_LEFT, docks[LIST])
        area.splitDockWidget(docks[LIST], docks[CHART], _ACROSS)
    area.splitDockWidget(docks[CHART], docks[BOOK], _ACROSS)
    area.splitDockWidget(docks[CHART], docks[CONDITION], _DOWN)
    if compact:
        area.tabifyDockWidget(docks[BOOK], docks[TAPE])
    else:
        area.splitDockWidget(docks[BOOK], docks[TAPE], _DOWN)
    _show(docks, CHART, BOOK, CONDITION, TAPE, *((LIST,) if has_list else ()))
    if compact:
        docks[BOOK].raise_()
    else:
        area.resizeDocks([docks[BOOK], docks[TAPE]], [560, 320], _DOWN)


def _scalping(area: DockArea, docks: Docks) -> None:
    """Chart, ladder and tape beside each other, each of full height."""
    _begin(area, docks, CHART)
    area.splitDockWidget(docks[CHART], docks[BOOK], _ACROSS)
    area.splitDockWidget(docks[BOOK], docks[TAPE], _ACROSS)
    _show(docks, CHART, BOOK, TAPE)


def _writing(area: DockArea, docks: Docks) -> None:
    """The chart over the condition, nothing beside."""
    _begin(area, docks, CHART)
    area.splitDockWidget(docks[CHART], docks[CONDITION], _DOWN)
    _show(docks, CHART, CONDITION)


def _begin(area: DockArea, docks: Docks, name: str) -> None:
    area.addDockWidget(_LEFT, docks[name])


def _show(docks: Docks, *names: str) -> None:
    for name in names:
        docks[name].show()

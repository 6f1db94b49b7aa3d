"""Which candle length a chart shows: a button for each that has room, the others in a menu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QPushButton, QWidget

from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.theme import Theme

_SPACING: Final = 2
_GIVING_WAY: Final = ("1y", "3m", "10m", "30m", "1M", "1w", "1s", "4h", "15m", "1h", "5m")
"""Which lengths go into the menu first when there is little room."""


class TimeframeBar(QWidget):
    """One button per timeframe, one of them chosen."""

    timeframe_chosen = pyqtSignal(str)

    def __init__(self, theme: Theme, codes: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._codes = list(codes)
        self._shown = self._codes[0]
        self._room = 0
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(_SPACING)
        for number, code in enumerate(codes):
            button = QPushButton(_name(code))
            button.setObjectName("segment")
            button.setCheckable(True)
            button.setAccessibleName(_("Candles of {length}").format(length=_name(code)))
            self._group.addButton(button, number)
            self._buttons[code] = button
            row.addWidget(button)
        self._more = QPushButton()
        self._more.setObjectName("segment")
        self._more.setIcon(theme.icon("chevron-down", "text-2", 12))
        self._more.setAccessibleName(_("More candle lengths"))
        self._more.setToolTip(_("More candle lengths"))
        self._menu = QMenu(self._more)
        self._menu.triggered.connect(lambda action: self.timeframe_chosen.emit(action.data()))
        self._more.clicked.connect(self._open_menu)
        row.addWidget(self._more)
        self._group.idClicked.connect(self._clicked)
        self._fit()

    @property
    def codes_in_menu(self) -> list[str]:
        """The lengths that have no button now."""
        return [code for code, button in self._buttons.items() if button.isHidden()]

    def show_timeframe(self, code: str) -> None:
        """Mark the timeframe that is shown."""
        self._shown = code
        button = self._buttons.get(code)
        if button is not None:
            button.setChecked(True)
        self._fit()

    def set_room(self, width: int) -> None:
        """Take at most `width` pixels."""
        if width != self._room:
            self._room = width
            self._fit()

    def widest(self) -> int:
        """The pixels in which every button has room."""
        widths = [button.sizeHint().width() for button in self._buttons.values()]
        return sum(widths) + _SPACING * len(widths)

    def _fit(self) -> None:
        hidden: set[str] = set()
        width = self.widest()
        if self._room and width > self._room:
            width += self._more.sizeHint().width() + _SPACING
            for code in _GIVING_WAY:
                if width <= self._room:
                    break
                if code in self._buttons and code != self._shown:
                    hidden.add(code)
                    width -= self._buttons[code].sizeHint().width() + _SPACING
        for code, button in self._buttons.items():
            button.setHidden(code in hidden)
        self._more.setHidden(not hidden)

    def menu(self) -> QMenu:
        """The lengths that have no button now, as a menu."""
        self._menu.clear()
        for code in self.codes_in_menu:
            action = self._menu.addAction(_name(code))
            if action is not None:
                action.setData(code)
        return self._menu

    def _open_menu(self) -> None:
        self.menu().popup(self._more.mapToGlobal(self._more.rect().bottomLeft()))

    def _clicked(self, number: int) -> None:
        self.timeframe_chosen.emit(self._codes[number])


def _name(code: str) -> str:
    return formatting.timeframe_name(parse_timeframe(code))

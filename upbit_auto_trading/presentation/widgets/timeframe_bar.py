"""The toolbar above the chart: which candle length it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QWidget

from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.theme import Theme

HEIGHT: Final = 34


class TimeframeBar(QFrame):
    """One button per timeframe, one of them chosen."""

    timeframe_chosen = pyqtSignal(str)

    def __init__(self, theme: Theme, codes: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        del theme
        self.setObjectName("toolbar")
        self.setFixedHeight(HEIGHT)
        self._codes = list(codes)
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 8, 3)
        row.setSpacing(2)
        for number, code in enumerate(codes):
            name = formatting.timeframe_name(parse_timeframe(code))
            button = QPushButton(name)
            button.setObjectName("segment")
            button.setCheckable(True)
            button.setAccessibleName(_("Candles of {length}").format(length=name))
            self._group.addButton(button, number)
            row.addWidget(button)
        row.addStretch(1)
        self._group.idClicked.connect(self._clicked)

    def show_timeframe(self, code: str) -> None:
        """Mark the timeframe that is shown."""
        button = self._group.button(self._codes.index(code))
        if button is not None:
            button.setChecked(True)

    def _clicked(self, number: int) -> None:
        self.timeframe_chosen.emit(self._codes[number])

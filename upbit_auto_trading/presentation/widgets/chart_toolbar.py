"""The bar above a chart: candle lengths, indicators, drawing, scale, a picture of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QRect, QSize, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.chart_tools import ChartTool
from upbit_auto_trading.presentation.widgets.timeframe_bar import TimeframeBar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QResizeEvent

    from upbit_auto_trading.presentation.theme import Theme

HEIGHT: Final = 34
_MARGIN: Final = 8
_SPACE: Final = 2
_ICON: Final = 14


class ChartToolbar(QFrame):
    """Passive: shows what holds, tells what is asked for.

    Where there is little room the buttons lose their words, then the last of them go into a
    menu; candle lengths give way after that.
    """

    timeframe_chosen = pyqtSignal(str)
    indicators_pressed = pyqtSignal()
    tool_chosen = pyqtSignal(str)
    markers_toggled = pyqtSignal(bool)
    log_toggled = pyqtSignal(bool)
    fit_toggled = pyqtSignal(bool)
    copy_pressed = pyqtSignal()
    save_pressed = pyqtSignal()

    def __init__(self, theme: Theme, codes: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("toolbar")
        self.setFixedHeight(HEIGHT)
        self.timeframes = TimeframeBar(theme, codes)
        self.timeframes.timeframe_chosen.connect(self.timeframe_chosen)
        self._indicator_word = _("Indicators")
        self.indicators = self._button(self._indicator_word, "chart-line")
        self.level = self._button(_("Level line"), "minus", is_checkable=True)
        self.level.setAccessibleName(_("Draw a horizontal line"))
        self.trend = self._button(_("Trend line"), "trending-up", is_checkable=True)
        self.trend.setAccessibleName(_("Draw a trend line"))
        self.markers = self._button(_("Marks"), "git-branch", is_checkable=True)
        self.markers.setAccessibleName(_("Show what triggers did"))
        self.log = self._button(_("Log"), "", is_checkable=True)
        self.log.setAccessibleName(_("Logarithmic price scale"))
        self.fit = self._button(_("Auto"), "", is_checkable=True)
        self.fit.setAccessibleName(_("Fit the price scale to what is in sight"))
        self.picture = self._button("", "download")
        self.picture.setAccessibleName(_("Picture of the chart"))
        self.more = self._button("", "ellipsis")
        self.more.setAccessibleName(_("More tools"))
        for button in (self.level, self.trend, self.markers, self.log, self.fit, self.picture):
            button.setToolTip(button.accessibleName())
        self._pictures = QMenu(self.picture)
        for words, signal in (
            (_("Copy the picture"), self.copy_pressed),
            (_("Save the picture…"), self.save_pressed),
        ):
            action = self._pictures.addAction(words)
            if action is not None:
                action.triggered.connect(signal)
        self._menu = QMenu(self.more)
        self._with_words = (self.level, self.trend, self.markers)
        self._words = {button: button.text() for button in self._with_words}
        self._separator = QFrame()
        self._separator.setObjectName("separator")
        self._separator.setFixedSize(1, 16)
        self._assemble()
        self._connect()

    def show_timeframe(self, code: str) -> None:
        """Mark the timeframe that is shown."""
        self.timeframes.show_timeframe(code)
        self._fit()

    def show_indicator_count(self, count: int) -> None:
        """Say how many indicators there are."""
        text = f" {self._indicator_word} {count}" if count else f" {self._indicator_word}"
        if text != self.indicators.text():
            self.indicators.setText(text)
            self.indicators.setAccessibleName(_("Indicators, {n} shown").format(n=count))
            self._fit()

    def show_tool(self, tool: str) -> None:
        """Mark the tool in hand."""
        self.level.setChecked(tool == ChartTool.HORIZONTAL.value)
        self.trend.setChecked(tool == ChartTool.TREND.value)

    def show_scale(self, *, is_log: bool, fits: bool) -> None:
        """Mark how the price scale is."""
        self.log.setChecked(is_log)
        self.fit.setChecked(fits)

    def show_markers(self, *, shown: bool) -> None:
        """Mark whether triggers are shown."""
        self.markers.setChecked(shown)

    def place_of_indicators(self) -> QRect:
        """Where the indicators' button is, in this bar's pixels."""
        return self.indicators.geometry()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        return QSize(280, HEIGHT)

    def _button(self, words: str, icon: str, *, is_checkable: bool = False) -> QPushButton:
        button = QPushButton(f" {words}" if words and icon else words)
        button.setAccessibleName(words)
        button.setObjectName("segment")
        button.setCheckable(is_checkable)
        if icon:
            button.setIcon(self._theme.icon(icon, "text-2", _ICON))
            button.setIconSize(QSize(_ICON, _ICON))
        return button

    def _assemble(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(_MARGIN, 3, _MARGIN, 3)
        row.setSpacing(_SPACE)
        row.addWidget(self.timeframes)
        row.addSpacing(6)
        row.addWidget(self._separator)
        row.addSpacing(6)
        for button in (self.indicators, self.level, self.trend, self.markers):
            row.addWidget(button)
        row.addStretch(1)
        for button in (self.log, self.fit, self.picture, self.more):
            row.addWidget(button)
        self.more.hide()

    def _connect(self) -> None:
        self.indicators.clicked.connect(self.indicators_pressed)
        self.level.clicked.connect(lambda on: self._use(ChartTool.HORIZONTAL, is_on=on))
        self.trend.clicked.connect(lambda on: self._use(ChartTool.TREND, is_on=on))
        self.markers.clicked.connect(self.markers_toggled)
        self.log.clicked.connect(self.log_toggled)
        self.fit.clicked.connect(self.fit_toggled)
        self.picture.clicked.connect(
            lambda: self._pictures.popup(self.picture.mapToGlobal(self.picture.rect().bottomLeft()))
        )
        self.more.clicked.connect(self._open_menu)

    def _use(self, tool: ChartTool, *, is_on: bool) -> None:
        self.tool_chosen.emit((tool if is_on else ChartTool.NONE).value)

    def _fit(self) -> None:
        """Give the room to what needs it most."""
        tools = (self.indicators, self.level, self.trend, self.markers, self.log, self.fit)
        for button, words in self._words.items():
            button.setText(words)
        rest = (*tools, self.picture)
        fixed = 2 * _MARGIN + 2 * 6 + 1 + _SPACE * (len(rest) + 4)
        room = self.width() - fixed

        def needed(buttons: Sequence[QPushButton]) -> int:
            return sum(button.sizeHint().width() for button in buttons)

        wanted = self.timeframes.widest()
        for button in reversed(self._with_words):
            if wanted + needed(rest) <= room:
                break
            button.setText("")
        least = wanted * 6 // 10
        in_menu: list[QPushButton] = []
        for button in (self.picture, self.markers, self.trend, self.level, self.log, self.fit):
            shown = [one for one in rest if one not in in_menu]
            extra = self.more.sizeHint().width() if in_menu else 0
            if least + needed(shown) + extra <= room:
                break
            in_menu.append(button)
        for button in rest:
            button.setHidden(button in in_menu)
        self.more.setHidden(not in_menu)
        taken = needed([one for one in rest if one not in in_menu])
        taken += self.more.sizeHint().width() if in_menu else 0
        self.timeframes.set_room(max(120, room - taken))

    def _open_menu(self) -> None:
        """Offer the buttons that have no room."""
        self._menu.clear()
        for button in (self.level, self.trend, self.markers, self.log, self.fit):
            if not button.isHidden():
                continue
            action = self._menu.addAction(button.icon(), button.accessibleName())
            if action is not None:
                action.setCheckable(True)
                action.setChecked(button.isChecked())
                action.triggered.connect(button.click)
        if self.picture.isHidden():
            for entry in self._pictures.actions():
                self._menu.addAction(entry)
        self._menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

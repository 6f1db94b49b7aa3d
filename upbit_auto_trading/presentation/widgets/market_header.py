"""The market on the chart: name, price, change, the day's figures, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QRect, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetrics, QPainter
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.market_badges import paint_badge
from upbit_auto_trading.presentation.widgets.status_strip import StatusDot
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QPaintEvent, QResizeEvent

    from upbit_auto_trading.presentation.theme import Theme

HEIGHT: Final = 52
_WIDE: Final = 1100
_ROOMY: Final = 820
_BADGE_HEIGHT: Final = 16


@dataclass(frozen=True, slots=True)
class HeaderFigures:
    """Everything the header says, worded. Empty texts where nothing has arrived yet."""

    name: str
    market: str
    price: str = ""
    unit: str = ""
    ink: str = "text-1"
    change_rate: str = ""
    change_price: str = ""
    high: str = ""
    low: str = ""
    turnover: str = ""
    turnover_exact: str = ""
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class SourceLook:
    """Where the price comes from and how old it is; `tone` is `good`, `warn`, `bad` or `off`."""

    text: str
    tone: str
    explanation: str = ""


class _Figure(QWidget):
    def __init__(self, theme: Theme, label: str) -> None:
        super().__init__()
        self._value = Text(theme, "control", "text-1")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addStretch(1)
        column.addWidget(Text(theme, "small", "text-3", label))
        column.addWidget(self._value)
        column.addStretch(1)
        self._label = label
        self._explanation = ""

    def show_value(self, text: str, ink: str, *, italic: bool, explanation: str = "") -> None:
        self._value.show_text(text, ink, italic=italic)
        self._explanation = explanation
        self.setAccessibleName(f"{self._label} {text}")

    def show_provenance(self, provenance: str) -> None:
        self.setToolTip(_lines(self._explanation, provenance))


class SourceChip(QFrame):
    """A dot, the channel and the age."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("source-chip")
        self._dot = StatusDot(theme)
        self._text = Text(theme, "control-strong", "text-2")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 8, 3)
        row.setSpacing(6)
        row.addWidget(self._dot)
        row.addWidget(self._text)
        self._tone = ""

    def show_look(self, look: SourceLook) -> None:
        self._text.show_text(look.text, look.tone if look.tone != "off" else "text-2")
        self.setToolTip(look.explanation)
        self.setAccessibleName(look.text)
        if look.tone != self._tone:
            self._tone = look.tone
            self._dot.show_ink(look.tone)
            self.setProperty("tone", look.tone)
            style = self.style()
            if style is not None:
                style.unpolish(self)
                style.polish(self)


class _Badges(QWidget):
    """Warnings of the exchange, in a row."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._metrics = QFontMetrics(font("micro"))
        self._badges: tuple[tuple[str, str], ...] = ()
        self.setFixedHeight(_BADGE_HEIGHT)

    def show_badges(self, badges: Sequence[tuple[str, str]], explanation: str) -> None:
        if tuple(badges) != self._badges:
            self._badges = tuple(badges)
            width = sum(self._metrics.horizontalAdvance(text) + 13 for text, _ink in badges)
            self.setFixedWidth(width)
            self.setVisible(bool(badges))
            self.update()
        self.setToolTip(explanation)
        self.setAccessibleName(", ".join(text for text, _ink in badges))

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        painter = QPainter(self)
        left = 0
        for badge in self._badges:
            area = QRect(left, 0, self.width() - left, _BADGE_HEIGHT)
            left = paint_badge(painter, self._theme, self._metrics, area, badge)
        painter.end()


class MarketHeader(QFrame):
    """Passive: shows figures; `favourite_toggled` tells that the star was pressed."""

    favourite_toggled = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("market-header")
        self.setFixedHeight(HEIGHT)
        self._name = Text(theme, "title", "text-1")
        self._market = Text(theme, "small", "text-3")
        self._price = Text(theme, "display", "text-1")
        self._unit = Text(theme, "control", "text-1")
        self._rate = Text(theme, "control", "text-1")
        self._difference = Text(theme, "control", "text-1")
        self._high = _Figure(theme, _("High"))
        self._low = _Figure(theme, _("Low"))
        self._turnover = _Figure(theme, _("Value 24 h"))
        self._source = SourceChip(theme)
        self._details = QWidget()
        self._has_details = False
        self._is_favourite: bool | None = None
        self._theme = theme
        self._badges = _Badges(theme)
        self._badges.hide()
        self.star = QPushButton()
        self.star.setObjectName("quiet")
        self.star.setFixedSize(24, 24)
        self.star.clicked.connect(self.favourite_toggled)
        self._assemble()
        self.show_marks((), "", is_favourite=False)

    def show_figures(self, figures: HeaderFigures) -> None:
        """Show a market's figures."""
        ink = "text-3" if figures.is_stale else figures.ink
        stale = figures.is_stale
        self._name.show_text(figures.name)
        self._market.show_text(figures.market)
        self._market.setVisible(figures.name != figures.market)
        self._has_details = bool(figures.high)
        self._details.setVisible(self.width() >= _ROOMY and self._has_details)
        self._price.show_text(figures.price, ink, italic=stale)
        self._unit.show_text(figures.unit, ink)
        self._rate.show_text(figures.change_rate, ink, italic=stale)
        self._difference.show_text(figures.change_price, ink, italic=stale)
        quiet = "text-3" if stale else "text-1"
        self._high.show_value(figures.high, "text-3" if stale else "up", italic=stale)
        self._low.show_value(figures.low, "text-3" if stale else "down", italic=stale)
        self._turnover.show_value(
            figures.turnover, quiet, italic=stale, explanation=figures.turnover_exact
        )
        self.setAccessibleName(f"{figures.name} {figures.price} {figures.change_rate}")

    def show_marks(
        self, badges: Sequence[tuple[str, str]], explanation: str, *, is_favourite: bool
    ) -> None:
        """Show the exchange's warnings, and whether the market is starred."""
        self._badges.show_badges(badges, explanation)
        if is_favourite != self._is_favourite:
            self._is_favourite = is_favourite
            icon, ink = ("star-filled", "warn") if is_favourite else ("star", "text-3")
            self.star.setIcon(self._theme.icon(icon, ink, 16))
            words = _("Star no longer") if is_favourite else _("Star this market")
            self.star.setAccessibleName(words)
            self.star.setToolTip(words)

    def show_source(self, look: SourceLook) -> None:
        """Show where the price comes from; every figure can tell it, too."""
        self._source.show_look(look)
        since = _("Change since 09:00 KST (00:00 UTC), as Upbit counts it")
        for label in (self._price, self._unit):
            label.setToolTip(look.explanation)
        for label in (self._rate, self._difference):
            label.setToolTip(_lines(since, look.explanation))
        for figure in (self._high, self._low, self._turnover):
            figure.show_provenance(look.explanation)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        """Give way when there is little room: a smaller price, then no daily figures."""
        super().resizeEvent(event)
        self._price.use_font("display" if self.width() >= _WIDE else "display-small")
        self._details.setVisible(self.width() >= _ROOMY and self._has_details)

    def _assemble(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(16)
        name = QHBoxLayout()
        name.setSpacing(2)
        name.addWidget(self._name)
        name.addWidget(self.star)
        code = QHBoxLayout()
        code.setSpacing(6)
        code.addWidget(self._market)
        code.addWidget(self._badges)
        code.addStretch(1)
        title = QVBoxLayout()
        title.setSpacing(0)
        title.addStretch(1)
        title.addLayout(name)
        title.addLayout(code)
        title.addStretch(1)
        row.addLayout(title)
        price = QHBoxLayout()
        price.setSpacing(3)
        price.addWidget(self._price)
        price.addWidget(self._unit)
        row.addLayout(price)
        row.addLayout(_stacked(self._rate, self._difference))
        details = QHBoxLayout(self._details)
        details.setContentsMargins(0, 0, 0, 0)
        details.setSpacing(16)
        for figure in (self._high, self._low, self._turnover):
            separator = QFrame()
            separator.setObjectName("separator")
            separator.setFixedSize(1, 30)
            details.addWidget(separator)
            details.addWidget(figure)
        row.addWidget(self._details)
        row.addStretch(1)
        row.addWidget(self._source, 0, Qt.AlignmentFlag.AlignVCenter)


def _stacked(upper: QWidget, lower: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(1)
    column.addStretch(1)
    column.addWidget(upper)
    column.addWidget(lower)
    column.addStretch(1)
    return column


def _lines(*texts: str) -> str:
    return "\n".join(text for text in texts if text)

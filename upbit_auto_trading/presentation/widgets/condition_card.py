"""One live condition: its value against its threshold, whether it holds, and since which candle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from PyQt6.QtGui import QPaintEvent

    from upbit_auto_trading.presentation.theme import Theme

_GLYPH: Final = 12


@dataclass(frozen=True, slots=True)
class ConditionLook:
    """A condition in words. `truth` is `true`, `false` or `unknown`.

    `share` and `threshold_share` place value and threshold on a bar from 0 to 1; None hides the
    value.
    """

    sentence: str
    truth: str
    truth_word: str
    value: str
    distance: str
    basis: str
    share: float | None
    threshold_share: float


class TruthGlyph(QWidget):
    """● true, ○ false, ◌ unknown."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._truth = "unknown"
        self.setFixedSize(QSize(_GLYPH + 2, _GLYPH + 2))

    def show_truth(self, truth: str) -> None:
        if truth != self._truth:
            self._truth = truth
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        centre, radius = QPointF(self.width() / 2, self.height() / 2), _GLYPH / 2 - 1
        if self._truth == "true":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("good"))
        elif self._truth == "false":
            painter.setPen(self._theme.pen("text-3", 1.5))
        else:
            painter.setPen(self._theme.pen("warn", 1.5, (3, 2.6)))
        painter.drawEllipse(centre, radius, radius)
        painter.end()


class DistanceBar(QWidget):
    """Where the value stands between 0 and 100, and the threshold's tick."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._share: float | None = None
        self._threshold = 0.0
        self.setFixedHeight(16)
        self.setMinimumWidth(90)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_place(self, share: float | None, threshold: float) -> None:
        if (share, threshold) != (self._share, self._threshold):
            self._share, self._threshold = share, threshold
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        theme, width = self._theme, self.width()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("bg3"))
        painter.drawRoundedRect(QRectF(0, 6, width, 4), 2, 2)
        painter.setBrush(theme.colour("entry-line"))
        painter.drawRoundedRect(QRectF(0, 6, width * self._threshold, 4), 2, 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        tick = round(width * self._threshold)
        painter.fillRect(tick - 1, 2, 2, 12, theme.colour("entry"))
        if self._share is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            x = min(max(width * self._share, 5.0), width - 5.0)
            painter.setPen(theme.pen("bg1", 2))
            painter.setBrush(theme.colour("rsi"))
            painter.drawEllipse(QPointF(x, 8), 5, 5)
        painter.end()


class ConditionCard(QFrame):
    """Passive: shows one condition."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pane")
        self._theme = theme
        self._icon = Text(theme)
        self._icon.show_icon("git-branch", "text-2", 15)
        self._sentence = Text(theme, "value", "text-1")
        self._glyph = TruthGlyph(theme)
        self._truth = Text(theme, "value", "text-1")
        self._value = Text(theme, "metric", "rsi")
        self._bar = DistanceBar(theme)
        self._distance = Text(theme, "control", "text-2")
        self._basis = Text(theme, "small", "text-3")
        self._assemble()

    def show_look(self, look: ConditionLook) -> None:
        """Show a condition."""
        inks = {"true": "good", "false": "text-2", "unknown": "warn"}
        self._sentence.show_text(look.sentence)
        self._glyph.show_truth(look.truth)
        self._truth.show_text(look.truth_word, inks[look.truth])
        self._value.show_text(look.value, "text-3" if look.truth == "unknown" else "rsi")
        self._distance.show_text(look.distance, "warn" if look.truth == "unknown" else "text-2")
        self._basis.show_text(look.basis)
        self._bar.show_place(look.share, look.threshold_share)
        self.setAccessibleName(
            f"{look.sentence} {look.truth_word} {look.value} {look.distance}".strip()
        )

    def _assemble(self) -> None:
        head = QFrame()
        head.setObjectName("pane-head")
        head.setFixedHeight(30)
        row = QHBoxLayout(head)
        row.setContentsMargins(10, 0, 12, 0)
        row.setSpacing(7)
        row.addWidget(self._icon)
        row.addWidget(Text(self._theme, "control-strong", "text-1", _("Condition")))
        row.addWidget(self._basis)
        row.addStretch(1)
        for truth, words in (
            ("true", _("true")),
            ("false", _("false")),
            ("unknown", _("unknown")),
        ):
            glyph = TruthGlyph(self._theme)
            glyph.show_truth(truth)
            row.addWidget(glyph)
            row.addWidget(Text(self._theme, "small", "text-3", words))
        body = QHBoxLayout()
        body.setContentsMargins(12, 8, 12, 10)
        body.setSpacing(12)
        stripe = QFrame()
        stripe.setObjectName("entry-stripe")
        stripe.setFixedWidth(4)
        body.addWidget(stripe)
        body.addWidget(self._sentence)
        body.addWidget(self._value)
        body.addWidget(self._bar, 1)
        body.addWidget(self._distance)
        verdict = QHBoxLayout()
        verdict.setSpacing(6)
        verdict.addWidget(self._glyph)
        verdict.addWidget(self._truth)
        body.addLayout(verdict)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addLayout(body)

"""A pane of the metrics screen: its head says how what it shows stands, and what its lines are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QFontMetrics, QPainter
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.elided_text import ElidedText
from upbit_auto_trading.presentation.widgets.metrics_tile import GLYPHS
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QPaintEvent

    from upbit_auto_trading.presentation.theme import Theme

_HEAD: Final = 30
_MARK: Final = 10
_AROUND: Final = _MARK + 4 + 10
_LEAST_WORD: Final = 12


class _Legend(QWidget):
    """Short lines or boxes in tokens' colours, each with its word."""

    def __init__(
        self, theme: Theme, entries: Sequence[tuple[str, str]], *, is_filled: bool
    ) -> None:
        super().__init__()
        self._theme = theme
        self._entries = entries
        self._is_filled = is_filled
        self.setToolTip(" · ".join(word for _, word in entries))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        return QSize(0, _HEAD - 6)

    def sizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        metrics = QFontMetrics(font("small"))
        width = sum(_AROUND + metrics.horizontalAdvance(word) for _, word in self._entries)
        return QSize(width, _HEAD - 6)

    @property
    def words(self) -> list[str]:
        """The words as they are painted: shortened alike where there is little room."""
        metrics = QFontMetrics(font("small"))
        words = [word for _, word in self._entries]
        short = self.sizeHint().width() - self.width()
        longest = max(map(metrics.horizontalAdvance, words), default=0)
        while short > 0 and longest > _LEAST_WORD:
            longest -= 1
            taken = sum(min(longest, metrics.horizontalAdvance(word)) for word in words)
            short = len(words) * _AROUND + taken - self.width()
        return [
            metrics.elidedText(word, Qt.TextElideMode.ElideRight, longest + 1) for word in words
        ]

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        painter = QPainter(self)
        painter.setFont(font("small"))
        metrics, x = painter.fontMetrics(), 0.0
        middle = self.height() / 2
        for (ink, _word), word in zip(self._entries, self.words, strict=True):
            height = 8 if self._is_filled else 2
            mark = QRectF(x, middle - height / 2, _MARK, height)
            painter.fillRect(mark, self._theme.colour(ink))
            painter.setPen(self._theme.colour("text-2"))
            x += _MARK + 4
            painter.drawText(int(x), int(middle + metrics.ascent() / 2 - 1), word)
            x += metrics.horizontalAdvance(word) + 10
        painter.end()


class MetricsPane(QFrame):
    """A titled surface; `body` takes what it shows. `icon` stands where nothing is judged."""

    def __init__(
        self,
        theme: Theme,
        title: str,
        detail: str = "",
        *,
        icon: str = "",
        legend: Sequence[tuple[str, str]] = (),
        is_filled: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("pane")
        self.setAccessibleName(title)
        self._title_text = title
        head = QFrame()
        head.setObjectName("pane-head")
        head.setFixedHeight(_HEAD)
        self.row = QHBoxLayout(head)
        self.row.setContentsMargins(10, 0, 6, 0)
        self.row.setSpacing(7)
        self._mark = Text(theme)
        self._mark.show_icon(icon or GLYPHS["off"], "text-2" if icon else "off", 15)
        self._title = Text(theme, "control-strong", "text-1", title)
        self._detail = ElidedText(theme, "small", "text-3", detail).shrink()
        self._note = Text(theme, "small", "text-2")
        self._note.setMinimumWidth(0)
        self.row.addWidget(self._mark)
        self.row.addWidget(self._title)
        self.row.addWidget(self._detail, 1)
        self.row.addWidget(self._note)
        if legend:
            self.row.addWidget(_Legend(theme, legend, is_filled=is_filled))
        self.body = QVBoxLayout()
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addLayout(self.body, 1)

    def show_state(self, state: str, words: str) -> None:
        """Show how it stands: `good`, `warn`, `bad` or `off`, and the word for it."""
        self._mark.show_icon(GLYPHS[state], state, 15)
        self._mark.setToolTip(words)
        self.setAccessibleName(f"{self._title_text}: {words}")

    def show_detail(self, detail: str) -> None:
        """Change the quiet line beside the title."""
        self._detail.show_text(detail)

    def show_note(self, note: str, ink: str = "text-2") -> None:
        """Change the figures at the right of the head."""
        self._note.show_text(note, ink)

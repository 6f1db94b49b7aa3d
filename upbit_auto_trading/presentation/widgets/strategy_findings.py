"""What a check found about a strategy: each with its reason, where there is one with a repair."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.theme import Theme

_GLYPHS: Final = {
    "bad": ("octagon-alert", "bad"),
    "warn": ("triangle-alert", "warn"),
    "note": ("info", "text-2"),
    "good": ("check", "good"),
}


@dataclass(frozen=True, slots=True)
class FindingLook:
    """`tone` is `bad`, `warn`, `note` or `good`; `repair` is told back when its button is used."""

    tone: str
    title: str
    detail: str = ""
    rule: str = ""
    repair: str = ""
    repair_words: str = ""


class StrategyFindings(QScrollArea):
    """Passive: a row for each finding, in the order given."""

    rule_asked = pyqtSignal(str)
    repair_asked = pyqtSignal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown: tuple[FindingLook, ...] | None = None
        self.setObjectName("scroll")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._inside = QWidget()
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self.setWidget(self._inside)

    def show_findings(self, looks: Sequence[FindingLook]) -> None:
        """Show what was found."""
        told = tuple(looks)
        if told == self._shown:
            return
        self._shown = told
        while self._column.count() > 1:
            item = self._column.takeAt(0)
            row = None if item is None else item.widget()
            if row is not None:
                row.hide()
                row.deleteLater()
        for place, look in enumerate(told):
            row = self._row(look)
            self._column.insertWidget(place, row)
            row.show()

    def _row(self, look: FindingLook) -> QFrame:
        theme = self._theme
        row = QFrame()
        row.setObjectName("finding")
        row.setProperty("tone", look.tone)
        row.setAccessibleName(f"{look.title} {look.detail}".strip())
        glyph, ink = _GLYPHS[look.tone]
        mark = Text(theme)
        mark.show_icon(glyph, ink, 15)
        title = Text(theme, "control-strong", ink if look.tone in ("bad", "warn") else "text-1")
        title.show_text(look.title)
        title.setWordWrap(True)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(title)
        if look.detail:
            detail = Text(theme, "small", "text-2", look.detail)
            detail.setWordWrap(True)
            words.addWidget(detail)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        if look.repair:
            repair = QPushButton(look.repair_words)
            repair.clicked.connect(partial(self.repair_asked.emit, look.repair))
            buttons.addWidget(repair)
        if look.rule and look.tone in ("bad", "warn"):
            show = QPushButton()
            show.setObjectName("quiet")
            show.setIcon(theme.icon("arrow-left", "text-2", 13))
            show.setAccessibleName(f"{look.title}: →")
            show.clicked.connect(partial(self.rule_asked.emit, look.rule))
            buttons.addWidget(show)
        if buttons.count():
            buttons.addStretch(1)
            words.addLayout(buttons)
        line = QHBoxLayout(row)
        line.setContentsMargins(12, 8, 10, 8)
        line.setSpacing(9)
        line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)
        return row

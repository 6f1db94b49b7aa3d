"""What is wrong, in four parts: what happened, what it does to money, what is done, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout

from upbit_auto_trading.presentation.widgets.elided_text import ElidedText
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QPaintEvent
    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.theme import Theme

_LABELS: Final = 4
"""What stands in the head before the buttons."""
_ICONS: Final = {"warn": "triangle-alert", "bad": "octagon-alert"}


@dataclass(frozen=True, slots=True)
class ActionLook:
    """One button: what it asks for, its icon and its words; one of them is the primary."""

    name: str
    icon: str
    words: str
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class TroubleLook:
    """A trouble in words. `tone` is `warn` or `bad`; `parts` are pairs of title and sentence."""

    title: str
    code: str
    when: str
    parts: Sequence[tuple[str, str]]
    actions: Sequence[ActionLook] = ()
    tone: str = "bad"


class TroublePanel(QFrame):
    """Shows one trouble, or nothing; `action_chosen` carries an action's name."""

    action_chosen = pyqtSignal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._look: TroubleLook | None = None
        self._icon = Text(theme)
        self._title = Text(theme, "card")
        self._code = Text(theme, "tag", "bad")
        self._when = ElidedText(theme, "small", "text-2").shrink()
        self._buttons: dict[tuple[str, bool], QPushButton] = {}
        self._head = QHBoxLayout()
        self._head.setSpacing(8)
        for part in (self._icon, self._title, self._code):
            self._head.addWidget(part)
        self._head.addWidget(self._when, 1)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(2)
        self._labels: list[tuple[Text, Text]] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 9, 12, 10)
        column.setSpacing(8)
        column.addLayout(self._head)
        column.addLayout(self._grid)
        self.hide()

    def show_look(self, look: TroubleLook | None) -> None:
        """Show a trouble; None takes it away."""
        if look == self._look:
            return
        self._look = look
        if look is None:
            self.hide()
            return
        self._icon.show_icon(_ICONS[look.tone], look.tone, 18)
        self._title.show_text(look.title)
        self._code.show_text(look.code, look.tone)
        self._when.show_text(look.when)
        self._show_parts(look)
        self._show_actions(look)
        said = " ".join(f"{title}: {sentence}" for title, sentence in look.parts)
        self.setAccessibleName(f"{look.title}. {said}")
        self.show()  # once it is filled: its place is reckoned from what it says
        self.update()

    def _show_parts(self, look: TroubleLook) -> None:
        while len(self._labels) < len(look.parts):
            place = len(self._labels)
            title = Text(self._theme, "small", "text-3")
            sentence = Text(self._theme, "body", "text-1")
            sentence.setWordWrap(True)
            sentence.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(title, 0, place)
            self._grid.addWidget(sentence, 1, place)
            self._grid.setColumnStretch(place, 1)
            self._labels.append((title, sentence))
        for (title, sentence), (head, body) in zip(self._labels, look.parts, strict=False):
            title.show_text(head)
            sentence.show_text(body)

    def _show_actions(self, look: TroubleLook) -> None:
        wanted = {(action.name, action.is_primary) for action in look.actions}
        for key, known in self._buttons.items():
            known.setVisible(key in wanted)
        for place, action in enumerate(look.actions):
            # What is filled for one trouble may be a plain button of another, at another place.
            key = action.name, action.is_primary
            button = self._buttons.get(key)
            if button is None:
                button = QPushButton()
                button.setObjectName("primary" if action.is_primary else "")
                ink = "on-fill" if action.is_primary else "text-2"
                button.setIcon(self._theme.icon(action.icon, ink, 14))
                button.clicked.connect(
                    lambda _checked, name=action.name: self.action_chosen.emit(name)
                )
                self._buttons[key] = button
            if self._head.indexOf(button) != _LABELS + place:
                self._head.removeWidget(button)
                self._head.insertWidget(_LABELS + place, button)
            button.setText(f" {action.words}")
            button.setAccessibleName(action.words)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        if self._look is None:
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.colour(f"{self._look.tone}-bg"))
        painter.setPen(self._theme.pen(self._look.tone))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

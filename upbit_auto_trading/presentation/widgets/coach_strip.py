"""The strip of first steps: what comes next, what is done. Never in the way, closed at will."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.elided_text import ElidedText
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

    from upbit_auto_trading.presentation.theme import Theme

_HEIGHT: Final = 54
_MARK: Final = 24
_PRESSING_KEYS: Final = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)


@dataclass(frozen=True, slots=True)
class StepLook:
    """One step: its name in the program, its words, its button's word, and how far it is."""

    name: str
    title: str
    detail: str
    action: str
    is_done: bool = False
    is_next: bool = False


class _Mark(QWidget):
    """The step's number, or a tick where it is done."""

    def __init__(self, theme: Theme, number: int) -> None:
        super().__init__()
        self._theme = theme
        self._number = number
        self._state = ""
        self.setFixedSize(QSize(_MARK, _MARK))

    def show_state(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self.rect().adjusted(1, 1, -1, -1)
        if self._state == "done":
            painter.setPen(theme.pen("good-line", 1.5))
            painter.setBrush(theme.colour("good-bg"))
            painter.drawEllipse(area)
            tick = theme.pixmap("check", "good", 14, self.devicePixelRatioF())
            painter.drawPixmap(5, 5, tick)
        else:
            is_next = self._state == "next"
            painter.setPen(theme.pen("acc" if is_next else "line2", 1.5))
            painter.setBrush(theme.colour("acc-fill" if is_next else "bg1"))
            painter.drawEllipse(area)
            painter.setPen(theme.colour("on-fill" if is_next else "text-2"))
            painter.setFont(font("control-strong"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, f"{self._number}")
        painter.end()


class _Step(QFrame):
    """One step, pressed anywhere: the order is advice, any step can be taken at any time."""

    pressed = pyqtSignal(str)

    def __init__(self, theme: Theme, number: int) -> None:
        super().__init__()
        self.setObjectName("coach-step")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._name = ""
        self._has_action = False
        self._mark = _Mark(theme, number)
        self._title = Text(theme, "control-strong", "text-1")
        self._detail = ElidedText(theme, "small", "text-2").shrink()
        self._action = QPushButton()
        self._action.setObjectName("primary")
        self._action.clicked.connect(self._clicked)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(self._title)
        words.addWidget(self._detail)
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(10)
        row.addWidget(self._mark)
        row.addLayout(words, 1)
        row.addWidget(self._action)

    def show_look(self, look: StepLook) -> None:
        self._name = look.name
        state = "done" if look.is_done else "next" if look.is_next else ""
        self._mark.show_state(state)
        self._title.show_text(look.title)
        self._detail.show_text(look.detail)
        self._action.setText(look.action)
        self._has_action = look.is_next and bool(look.action)
        # The next one's button has the keyboard already.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus if self._has_action else Qt.FocusPolicy.TabFocus)
        self._action.setAccessibleName(f"{look.title}: {look.action}")
        self.setToolTip(look.detail)
        done = _("done") if look.is_done else _("next") if look.is_next else _("later")
        self.setAccessibleName(f"{look.title}. {look.detail}. {done}")
        if self.property("state") != state:
            self.setProperty("state", state)
            style = self.style()
            if style is not None:
                style.unpolish(self)
                style.polish(self)
        self._fit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self._fit()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        """A press that was also let go here asks for the step."""
        super().mouseReleaseEvent(event)
        if (
            event is not None
            and event.button() is Qt.MouseButton.LeftButton
            and self.rect().contains(event.position().toPoint())
        ):
            self._clicked()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        """Take the press, so that letting go comes here, too."""
        if event is not None:
            event.accept()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        """Space and Enter press the step."""
        if event is not None and event.key() in _PRESSING_KEYS:
            self._clicked()
        else:
            super().keyPressEvent(event)

    def _fit(self) -> None:
        """Leave the sentence out where it would be cut; the tool tip still has it."""
        self._action.setVisible(self._has_action)
        button = self._action.sizeHint().width() + 10 if self._has_action else 0
        room = self.width() - _MARK - 38 - button
        self._detail.setVisible(self._detail.sizeHint().width() <= room)

    def _clicked(self) -> None:
        self.pressed.emit(self._name)


class CoachStrip(QFrame):
    """Passive: shows steps, tells which one was pressed and that it was closed."""

    pressed = pyqtSignal(str)
    closed = pyqtSignal()

    def __init__(self, theme: Theme, count: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("coach")
        self.setFixedHeight(_HEIGHT)
        self.setAccessibleName(_("First steps"))
        self._steps = [_Step(theme, number + 1) for number in range(count)]
        self._progress = Text(theme, "control", "text-2")
        close = QToolButton()
        close.setObjectName("dock-button")
        close.setIcon(theme.icon("x", "text-2", 16))
        close.setIconSize(QSize(16, 16))
        close.setToolTip(_("Close; open again from the help menu"))
        close.setAccessibleName(_("Close the first steps"))
        close.clicked.connect(self.closed)
        row = QHBoxLayout(self)
        row.setContentsMargins(1, 1, 8, 1)
        row.setSpacing(0)
        for step in self._steps:
            step.pressed.connect(self.pressed)
            row.addWidget(step, 1)
        row.addSpacing(12)
        row.addWidget(self._progress)
        row.addSpacing(8)
        row.addWidget(close)

    def show_steps(self, looks: Sequence[StepLook]) -> None:
        """Show how far the user is."""
        for step, look in zip(self._steps, looks, strict=True):
            step.show_look(look)
        done = sum(1 for look in looks if look.is_done)
        self._progress.show_text(f"{done}/{len(looks)}")

"""One rule as a card: what it says, what it sees now, and what keeps it from acting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QPoint, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.condition_card import TruthGlyph
from upbit_auto_trading.presentation.widgets.elided_text import ElidedText
from upbit_auto_trading.presentation.widgets.rule_parts import DistanceTrack, NumberBadge, RoleBadge
from upbit_auto_trading.presentation.widgets.rule_sentence import Piece, RuleSentence
from upbit_auto_trading.presentation.widgets.text import Text
from upbit_auto_trading.presentation.widgets.toggle_switch import ToggleSwitch

if TYPE_CHECKING:
    from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

    from upbit_auto_trading.presentation.theme import Theme

_STRIPE: Final = 4
_MOVING: Final = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


@dataclass(frozen=True, slots=True)
class QuickValue:
    """A number that one click puts into the sentence."""

    path: str
    value: float
    words: str


@dataclass(frozen=True, slots=True)
class RuleLook:
    """What a rule says. `role` is the role's colour token, `tone` `""`, `warn` or `bad`."""

    number: str
    icon: str
    title: str
    role: str
    role_word: str
    pieces: tuple[Piece, ...]
    is_on: bool = True
    tone: str = ""
    note: str = ""
    quick: tuple[QuickValue, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleNow:
    """What a rule sees now. `truth` is `true`, `false`, `unknown` or empty for nothing yet.

    `label` is what its condition reads and `value` that value, `away` how far it is from firing,
    `place` both as shares of a line, `outlook` the price it would fire at or what keeps it from
    acting.
    """

    truth: str = ""
    label: str = ""
    value: str = ""
    away: str = ""
    place: tuple[float, float] | None = None
    outlook: str = ""
    outlook_ink: str = "text-3"
    fired: str = ""
    hint: str = ""


class RuleCard(QFrame):
    """Passive; tells what the user did to the rule."""

    edited = pyqtSignal(str, str)
    committed = pyqtSignal(str)
    reverted = pyqtSignal(str)
    number_chosen = pyqtSignal(str, float)
    switched = pyqtSignal(bool)
    move_asked = pyqtSignal(int)
    removal_asked = pyqtSignal()
    neighbour_asked = pyqtSignal(int)
    selected = pyqtSignal()
    grabbed = pyqtSignal(QPoint)
    dragged = pyqtSignal(QPoint)
    released = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._look: RuleLook | None = None
        self._problems: dict[str, str] = {}
        self._is_selected = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._badge = NumberBadge(theme)
        self._icon = Text(theme)
        self._title = Text(theme, "card", "text-1")
        self._role = RoleBadge(theme)
        self._note = Text(theme, "small", "warn")
        self._quick = QPushButton()
        self._quick.setObjectName("quiet")
        self._quick.hide()
        self._fired = Text(theme, "small", "text-3")
        self.switch = ToggleSwitch(theme, _("Rule on"))
        self._more = QPushButton()
        self._more.setObjectName("quiet")
        self._more.setIcon(theme.icon("ellipsis-vertical", "text-2", 14))
        self._more.setAccessibleName(_("More about this rule"))
        self._more.setFixedWidth(24)
        self.sentence = RuleSentence(theme)
        self._glyph = TruthGlyph(theme)
        self._label = ElidedText(theme, "control", "text-2")
        self._value = Text(theme, "control-strong", "text-1")
        self._track = DistanceTrack(theme)
        self._away = Text(theme, "small", "text-3")
        self._outlook = Text(theme, "control-strong", "text-3")
        self._assemble()
        self.sentence.edited.connect(self.edited)
        self.sentence.committed.connect(self.committed)
        self.sentence.reverted.connect(self.reverted)
        self.switch.clicked.connect(self.switched)
        self._more.clicked.connect(self._open_menu)
        self._quick.clicked.connect(self._quick_chosen)

    @property
    def stops(self) -> tuple[QWidget, ...]:
        """Where the keyboard stops, one after the other: the card, its numbers, its controls."""
        return (self, *self.sentence.fields, self._quick, self.switch, self._more)

    def show_look(self, look: RuleLook) -> None:
        """Show what the rule says."""
        if look == self._look:
            return
        self._look = look
        on = look.is_on
        self._badge.show_number(look.number, look.role, is_on=on)
        self._icon.show_icon(look.icon, look.role if on else "text-3", 16)
        self._title.show_text(look.title, "text-1" if on else "text-3")
        self._role.show_role(look.role_word, look.role, is_on=on)
        self._show_note()
        self.switch.setChecked(on)
        self.switch.setAccessibleName(_("{rule} on").format(rule=look.title))
        self._more.setAccessibleName(_("More about {rule}").format(rule=look.title))
        self.sentence.show_pieces(look.pieces)
        self.sentence.show_faded(faded=not on)
        self._quick.setVisible(bool(look.quick))
        for quick in look.quick:
            self._quick.setText(quick.words)
            self._quick.setAccessibleName(f"{look.title}: {quick.words}")
        words = "".join(piece.text for piece in look.pieces)
        self.setAccessibleName(f"{look.title}, {look.role_word}: {words}")
        self.update()

    def show_problem(self, path: str, problem: str) -> None:
        """Mark a number as refused and say why; an empty text takes that away."""
        if self._problems.get(path, "") == problem:
            return
        self._problems[path] = problem
        self.sentence.show_problem(path, problem)
        self._show_note()

    def show_now(self, now: RuleNow) -> None:
        """Show what the rule sees."""
        self._glyph.setVisible(bool(now.truth))
        if now.truth:
            self._glyph.show_truth(now.truth)
        self._label.show_text(now.label, "text-3" if now.truth in ("", "unknown") else "text-2")
        self._value.show_text(now.value)
        self._track.show_place(now.place, "text-3" if self._look is None else self._look.role)
        self._away.show_text(now.away)
        self._outlook.show_text(now.outlook, now.outlook_ink)
        self._outlook.setToolTip(now.hint)
        self._label.setToolTip(f"{now.label} {now.value} {now.hint}".strip())
        self._fired.show_text(now.fired)

    def show_selected(self, *, selected: bool) -> None:
        """Draw the border of the rule that the chart speaks of."""
        if selected != self._is_selected:
            self._is_selected = selected
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        look = self._look
        if look is None:
            return
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        tone = {"bad": "bad-line", "warn": "warn-line"}.get(look.tone, "line2")
        painter.setPen(theme.pen("acc" if self._is_selected else tone, 1))
        painter.setBrush(theme.colour("bg1"))
        painter.drawRoundedRect(area, 5, 5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(look.role if look.is_on else "line2"))
        painter.drawRoundedRect(QRectF(0, 0, _STRIPE, self.height()), 2, 2)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        key = event.key()
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if key in steps and event.modifiers() & _MOVING:
            self.move_asked.emit(steps[Qt.Key(key)])
        elif key in steps:
            self.neighbour_asked.emit(steps[Qt.Key(key)])
        elif key == Qt.Key.Key_Delete:
            self.removal_asked.emit()
        elif key == Qt.Key.Key_Space:
            self.switch.click()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.sentence.focus_first()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        self.selected.emit()
        if event.button() is Qt.MouseButton.LeftButton:
            self.grabbed.emit(event.globalPosition().toPoint())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.dragged.emit(event.globalPosition().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        self.released.emit()

    def _show_note(self) -> None:
        problem = next(filter(None, self._problems.values()), "")
        if problem:
            self._note.show_text(problem, "bad")
        elif self._look is not None:
            self._note.show_text(self._look.note, self._look.tone or "text-3")

    def _quick_chosen(self) -> None:
        if self._look is not None:
            for quick in self._look.quick:
                self.number_chosen.emit(quick.path, quick.value)

    def _open_menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for words, doing in (
            (_("Move up") + "\tCtrl+↑", lambda: self.move_asked.emit(-1)),
            (_("Move down") + "\tCtrl+↓", lambda: self.move_asked.emit(1)),
            (_("Delete") + "\tDel", self.removal_asked.emit),
        ):
            action = menu.addAction(words)
            if action is not None:
                action.triggered.connect(doing)
        menu.popup(self._more.mapToGlobal(self._more.rect().bottomLeft()))

    def _assemble(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        for part in (self._badge, self._icon, self._title, self._role, self._note):
            head.addWidget(part)
        head.addStretch(1)
        for control in (self._quick, self._fired, self.switch, self._more):
            head.addWidget(control)
        now = QHBoxLayout()
        now.setSpacing(8)
        now.addWidget(self._glyph)
        now.addWidget(self._label)
        now.addWidget(self._value)
        now.addStretch(1)
        now.addWidget(self._track, 2)
        now.addWidget(self._away)
        now.addSpacing(6)
        now.addWidget(self._outlook)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 10, 8)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.sentence)
        column.addLayout(now)

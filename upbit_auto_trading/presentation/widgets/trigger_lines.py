"""Below the canvas: the trigger as a sentence, as a formula of letters, and the quick line."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
)

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.elided_text import ElidedText
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QKeyEvent

    from upbit_auto_trading.presentation.theme import Theme


_ANY_HEIGHT: Final = 16_777_215
_NOW: Final = 260
_TRUTHS: Final = {
    "true": ("\u25cf", "good"),
    "false": ("\u25cb", "text-1"),
    "unknown": ("\u25cc", "warn"),
}


@dataclass(frozen=True, slots=True)
class SentencePiece:
    """A piece of the sentence: `strong` marks values, `is_bad` a condition that can't be made."""

    text: str
    node: str = ""
    strong: bool = False
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class TypedLook:
    """What a typed line means so far. `tone` is `good`, `warn` or `bad`; `chip` is short."""

    text: str = ""
    tone: str = "good"
    chip: str = ""
    can_be_added: bool = False


class SentencePane(QFrame):
    """The sentence and the formula; the formula can be typed and joins the tree anew."""

    node_pressed = pyqtSignal(str)
    formula_edited = pyqtSignal(str)
    formula_given = pyqtSignal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("sentence-pane")
        self._theme = theme
        icon = Text(theme)
        icon.show_icon("message-square", "text-2", 16)
        self._sentence = QLabel()
        self._sentence.setFont(font("body"))
        self._sentence.setWordWrap(True)
        self._sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._sentence.setTextFormat(Qt.TextFormat.RichText)
        self._sentence.setAccessibleName(_("The trigger in a sentence"))
        self._sentence.linkActivated.connect(self.node_pressed)
        self._sentence.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.formula = QLineEdit()
        self.formula.setObjectName("formula")
        self.formula.setAccessibleName(_("The trigger as a formula of letters"))
        self.formula.setToolTip(_("Type brackets, and, or, not to join the conditions anew"))
        self.formula.textEdited.connect(self.formula_edited)
        self.formula.returnPressed.connect(lambda: self.formula_given.emit(self.formula.text()))
        self._note = ElidedText(theme, "small", "text-3").shrink()
        self._shown = ""
        below = QHBoxLayout()
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(8)
        below.addWidget(self.formula, 2)
        below.addWidget(self._note, 3)
        texts = QVBoxLayout()
        texts.setSpacing(3)
        texts.addWidget(self._sentence)
        texts.addLayout(below)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(10)
        row.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)

    def show_low(self, *, is_low: bool) -> None:
        """Show one line of the sentence, or all of it; its tooltip has the whole."""
        line = self._sentence.fontMetrics().lineSpacing() + 4
        self._sentence.setMaximumHeight(line if is_low else _ANY_HEIGHT)
        self._sentence.setWordWrap(not is_low)

    def show_sentence(
        self, role: str, role_token: str, pieces: Sequence[SentencePiece], formula: str
    ) -> None:
        """Show a trigger; a formula that is being typed stays."""
        theme = self._theme
        texts = []
        if role:
            ink = theme.hex(role_token)
            texts.append(f'<span style="color:{ink};font-weight:600">{escape(role)}</span> — ')
        for piece in pieces:
            text = escape(piece.text)
            if piece.strong and not piece.is_bad:
                text = f'<b style="color:{theme.hex("text-1")}">{text}</b>'
            if piece.is_bad:
                weight = "font-weight:600;" if piece.strong else ""
                ink = theme.hex("bad")
                text = f'<span style="{weight}color:{ink}"><u>{text}</u></span>'
            if piece.node:
                style = f"color:{theme.hex('text-2')};text-decoration:none"
                text = f'<a href="{escape(piece.node)}" style="{style}">{text}</a>'
            texts.append(text)
        rich = f'<span style="color:{theme.hex("text-2")}">{"".join(texts)}</span>'
        if rich != self._sentence.text():
            self._sentence.setText(rich)
            plain = "".join(piece.text for piece in pieces)
            self._sentence.setToolTip(plain)
            self._sentence.setAccessibleDescription(plain)
        if formula != self._shown or not self.formula.hasFocus():
            self._shown = formula
            if self.formula.text() != formula:
                self.formula.setText(formula)

    def show_formula_problem(self, look: TypedLook) -> None:
        """Say what is wrong with the formula as typed so far; an empty text takes it back."""
        self._note.show_text(look.text, look.tone if look.text else "text-3")
        self._note.setToolTip(look.text)
        mark_problem(self.formula, is_bad=look.tone == "bad" and bool(look.text))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        if event is not None and event.key() == Qt.Key.Key_Escape and self.formula.hasFocus():
            self.formula.setText(self._shown)
            self.show_formula_problem(TypedLook())
            return
        super().keyPressEvent(event)


class QuickLine(QFrame):
    """A line in which conditions are typed: says what it understands with every key."""

    typed = pyqtSignal(str)
    given = pyqtSignal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("quick-line")
        self.input = QLineEdit()
        self.input.setAccessibleName(_("Type a condition"))
        self.input.setPlaceholderText(_("Quick line: rsi 14 15m < 30"))
        self.input.setMaxLength(2000)
        self.input.addAction(
            theme.icon("chevrons-right", "text-3", 14), QLineEdit.ActionPosition.LeadingPosition
        )
        for button in self.input.findChildren(QToolButton):
            button.setAccessibleName(_("Type a condition"))
        self.input.textChanged.connect(self.typed)
        self.input.returnPressed.connect(lambda: self.given.emit(self.input.text()))
        self._chip = Text(theme, "small-strong", "good")
        self._chip.setObjectName("verdict-chip")
        self._meaning = ElidedText(theme, "control", "text-2").shrink()
        self._now = Text(theme, "control-strong", "text-1")
        self._now.setMaximumWidth(_NOW)
        self._now.hide()
        self._add = QPushButton(_("Add"))
        self._add.setIcon(theme.icon("corner-down-right", "text-2", 14))
        self._add.clicked.connect(lambda: self.given.emit(self.input.text()))
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 7, 10, 8)
        row.setSpacing(8)
        row.addWidget(self.input, 3)
        row.addWidget(self._chip)
        row.addWidget(self._meaning, 3)
        row.addWidget(self._now)
        row.addWidget(self._add)
        self.show_look(TypedLook(), "")

    def show_look(self, look: TypedLook, letter: str) -> None:
        """Show what the line means; `letter` is the one the condition would get."""
        is_bad = look.tone == "bad" and bool(look.text)
        self._chip.show_text(look.chip, look.tone)
        self._chip.setVisible(bool(look.chip))
        self._meaning.show_text(look.text, "bad" if is_bad else "text-2")
        self._meaning.setToolTip(look.text)
        self._meaning.setVisible(bool(look.text))
        words = _("Add as {letter}").format(letter=letter) if letter else _("Add")
        self._add.setText(words)
        self._add.setAccessibleName(words)
        self._add.setEnabled(look.can_be_added)
        mark_problem(self.input, is_bad=is_bad)

    def show_now(self, text: str, truth: str, whole: str = "") -> None:
        """Show what the line is at this moment; `truth` is `true`, `false` or `unknown`."""
        sign, ink = _TRUTHS.get(truth, ("", "text-2"))
        metrics = self._now.fontMetrics()
        words = f"{text} {sign}" if truth in ("true", "false") else f"{sign} {text}"
        elided = metrics.elidedText(words.strip(), Qt.TextElideMode.ElideRight, _NOW)
        self._now.show_text(elided if text else "", ink)
        self._now.setToolTip(whole)
        self._now.setVisible(bool(text))

    def clear(self) -> None:
        """Empty the line after what was typed was added."""
        self.input.clear()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        if event is not None and event.key() == Qt.Key.Key_Escape and self.input.text():
            self.input.clear()
            return
        super().keyPressEvent(event)


def mark_problem(field: QLineEdit, *, is_bad: bool) -> None:
    """Draw a field with a red line, or no longer."""
    if bool(field.property("problem")) == is_bad:
        return
    field.setProperty("problem", is_bad)
    style = field.style()
    if style is not None:
        style.unpolish(field)
        style.polish(field)

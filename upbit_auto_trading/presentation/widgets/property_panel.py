"""The property panel: the fields of what is selected, the units of its sides, ways to repair it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.property_fields import (
    PropertyField,
    PropertyRow,
    field_of,
    shapes_of,
)
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.theme import Theme


@dataclass(frozen=True, slots=True)
class PropertySection:
    """A title and the fields below it; `help` explains them."""

    title: str
    rows: tuple[PropertyRow, ...]
    help: str = ""


@dataclass(frozen=True, slots=True)
class UnitsLook:
    """What the sides of a condition count, and whether they go together."""

    left: str
    left_unit: str
    right: str
    right_unit: str
    fits: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PropertyLook:
    """What is selected: `letter` marks a condition. `remarks` don't keep it from being saved.

    `alone` says how often a condition held by itself where the trigger was tried.
    """

    letter: str
    title: str
    sections: tuple[PropertySection, ...]
    units: UnitsLook | None = None
    repairs: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    alone: str = ""


class PropertyPanel(QFrame):
    """Passive: shows what can be set of a node, tells what is typed or chosen."""

    edited = pyqtSignal(str, str)
    repair_pressed = pyqtSignal(str)
    repair_chosen = pyqtSignal(int)
    field_left = pyqtSignal(str)
    done = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pane")
        self._theme = theme
        self._fields: dict[str, PropertyField] = {}
        self._shape: list[object] = []
        self._letter = Text(theme, "small-strong", "text-1")
        self._letter.setObjectName("letter-chip")
        self._title = Text(theme, "small", "text-3")
        self._body = QWidget()
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(12, 8, 12, 12)
        self._column.setSpacing(8)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("pane-scroll")
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self._body)
        self._units = _Units(theme)
        self._repairs = _Repairs(theme)
        self._repairs.chosen.connect(self.repair_chosen)
        self._remarks = Text(theme, "small", "warn")
        self._remarks.setWordWrap(True)
        self._alone = _Alone(theme)
        self._assemble()

    def show_look(self, look: PropertyLook) -> None:
        """Show a node; the field that is being typed in stays as it is."""
        self._letter.show_text(look.letter)
        self._letter.setVisible(bool(look.letter))
        self._title.show_text(look.title)
        shape: list[object] = [
            (section.title, section.help, shapes_of(section.rows)) for section in look.sections
        ]
        if shape != self._shape:
            self._shape = shape
            self._rebuild(look)
        for section in look.sections:
            for row in section.rows:
                self._fields[row.key].show_row(row)
        self._units.show_look(look.units)
        self._repairs.show_texts(look.repairs)
        self._remarks.show_text("\n".join(look.remarks))
        self._remarks.setVisible(bool(look.remarks))
        self._alone.show_text(look.alone)

    def show_problem(self, key: str, text: str, repair: str = "") -> None:
        """Say at a field what is wrong with what was typed; an empty text takes it back."""
        if key in self._fields:
            self._fields[key].show_problem(text, repair)

    def focus_field(self, *keys: str) -> bool:
        """Give the keyboard to the first of the fields that is there."""
        for key in keys:
            if key in self._fields:
                self._fields[key].take_focus()
                self._scroll.ensureWidgetVisible(self._fields[key])
                return True
        return False

    def reveal_field(self, *keys: str) -> None:
        """Bring the first of the fields that is there into sight; the keyboard stays."""
        layout = self._body.layout()
        for key in keys:
            if key in self._fields and layout is not None:
                layout.activate()
                self._body.adjustSize()
                self._scroll.ensureWidgetVisible(self._fields[key], 0, 40)
                return

    def field(self, key: str) -> PropertyField | None:
        """Return a field that is shown."""
        return self._fields.get(key)

    def _rebuild(self, look: PropertyLook) -> None:
        """Make other fields; what is rarely set comes last, below the verdict on the rest."""
        verdict = (self._units, self._repairs, self._remarks, self._alone)
        for part in verdict:
            self._column.removeWidget(part)
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._fields.clear()
        above = look.sections[:-1] if len(look.sections) > 1 else look.sections
        for section in above:
            self._add_section(section)
        for part in verdict:
            self._column.addWidget(part)
        for section in look.sections[len(above) :]:
            self._add_section(section)
        self._column.addStretch(1)

    def _add_section(self, section: PropertySection) -> None:
        if self._column.count():
            line = QFrame()
            line.setObjectName("separator")
            line.setFixedHeight(1)
            self._column.addWidget(line)
        if section.title:
            self._column.addWidget(Text(self._theme, "small-strong", "text-3", section.title))
        for row in section.rows:
            self._column.addWidget(self._field(row))
        if section.help:
            text = Text(self._theme, "small", "text-3", section.help)
            text.setWordWrap(True)
            self._column.addWidget(text)

    def _field(self, row: PropertyRow) -> PropertyField:
        field = field_of(self._theme, row, self._body)
        field.edited.connect(self.edited)
        field.repair_pressed.connect(self.repair_pressed)
        field.left.connect(self.field_left)
        field.done.connect(self.done)
        self._fields[row.key] = field
        return field

    def _assemble(self) -> None:
        head = QFrame()
        head.setObjectName("pane-head")
        head.setFixedHeight(30)
        row = QHBoxLayout(head)
        row.setContentsMargins(12, 0, 8, 0)
        row.setSpacing(7)
        mark = Text(self._theme)
        mark.show_icon("sliders-horizontal", "text-2", 15)
        row.addWidget(mark)
        row.addWidget(Text(self._theme, "control-strong", "text-1", _("Properties")))
        row.addWidget(self._letter)
        row.addWidget(self._title, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(self._scroll, 1)


class _Units(QFrame):
    """What both sides count, side by side, and whether that goes together."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._left = Text(theme, "control-strong", "text-1")
        self._right = Text(theme, "control-strong", "text-1")
        self._sign = Text(theme, "control-strong", "text-3")
        self._verdict = Text(theme, "small-strong", "good")
        self._verdict.setObjectName("verdict-chip")
        self._reason = Text(theme, "small", "text-2")
        self._reason.setWordWrap(True)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(Text(theme, "small-strong", "text-3", _("Unit")))
        head.addStretch(1)
        head.addWidget(self._verdict)
        sides = QHBoxLayout()
        sides.setContentsMargins(0, 0, 0, 0)
        sides.setSpacing(6)
        for part in (self._left, self._sign, self._right):
            sides.addWidget(part)
        sides.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addLayout(head)
        column.addLayout(sides)
        column.addWidget(self._reason)

    def show_look(self, look: UnitsLook | None) -> None:
        self.setVisible(look is not None)
        if look is None:
            return
        ink = "text-1" if look.fits else "bad"
        self._left.show_text(f"{look.left} {look.left_unit}".strip())
        self._right.show_text(f"{look.right} {look.right_unit}".strip(), ink)
        self._sign.show_text("\u2194" if look.fits else "\u2260", "text-3" if look.fits else "bad")
        words = _("They fit") if look.fits else _("They don't fit")
        self._verdict.show_text(words, "good" if look.fits else "bad")
        self._reason.show_text(look.reason)
        self._reason.setVisible(bool(look.reason))


class _Alone(QWidget):
    """How often a condition held by itself."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._text = Text(theme, "control", "text-1")
        self._text.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addWidget(Text(theme, "small-strong", "text-3", _("This condition by itself")))
        column.addWidget(self._text)

    def show_text(self, text: str) -> None:
        self.setVisible(bool(text))
        self._text.show_text(text)


class _Repairs(QWidget):
    """One button for each way to put a condition right; the first one stands out."""

    chosen = pyqtSignal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._buttons: list[QPushButton] = []
        self._title = Text(theme, "small-strong", "text-3", _("Repair with one press"))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addWidget(self._title)

    def show_texts(self, texts: tuple[str, ...]) -> None:
        self.setVisible(bool(texts))
        while len(self._buttons) < len(texts):
            button = QPushButton()
            number = len(self._buttons)
            button.setObjectName("primary" if number == 0 else "repair")
            button.clicked.connect(lambda _checked, chosen=number: self.chosen.emit(chosen))
            self._buttons.append(button)
            self._column.addWidget(button)
        for number, button in enumerate(self._buttons):
            button.setVisible(number < len(texts))
            if number < len(texts):
                button.setText(texts[number])
                button.setAccessibleName(texts[number])

"""The fields of the property panel: a label, a control, and what is wrong with the value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtCore import QObject
    from PyQt6.QtGui import QWheelEvent

    from upbit_auto_trading.presentation.theme import Theme

_NUMBER_WIDTH: Final = 118


@dataclass(frozen=True, slots=True)
class PropertyRow:
    """One field. `kind` is `choice`, `segments`, `number`, `rule`, `text` or `fact`.

    `choices` are values with their words, `presets` values one press away, `unit` follows a
    number. `problem` says what is wrong with what was typed, `repair` what a button offers.
    """

    key: str
    kind: str
    label: str
    value: str
    choices: tuple[tuple[str, str], ...] = ()
    presets: tuple[tuple[str, str], ...] = ()
    unit: str = ""
    tip: str = ""
    is_bad: bool = False


class PropertyField(QWidget):
    """One row of the panel. `edited` carries the key and what was typed or chosen.

    `left` tells that the keyboard went elsewhere, `done` that it should go back to the tree.
    """

    edited = pyqtSignal(str, str)
    repair_pressed = pyqtSignal(str)
    left = pyqtSignal(str)
    done = pyqtSignal()

    def __init__(self, theme: Theme, row: PropertyRow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = row
        self._theme = theme
        self._label = Text(theme, "control", "text-2", row.label)
        self._label.setToolTip(row.tip)
        self._line = QHBoxLayout()
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(6)
        self._line.addWidget(self._label)
        self._line.addStretch(1)
        self._problem = Text(theme, "small", "bad")
        self._problem.setWordWrap(True)
        self._repair = QPushButton()
        self._repair.setObjectName("small-button")
        self._repair.clicked.connect(lambda: self.repair_pressed.emit(self.row.key))
        below = QHBoxLayout()
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(6)
        below.addWidget(self._problem, 1)
        below.addWidget(self._repair)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addLayout(self._line)
        self._column.addLayout(below)
        self.show_problem("")

    @property
    def shape(self) -> tuple[str, str, tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
        """What has to be the same for another row to be shown in this field."""
        return self.row.key, self.row.kind, self.row.choices, self.row.presets

    def show_row(self, row: PropertyRow) -> None:
        """Show another row of the same shape."""
        self.row = row
        self._label.show_text(row.label)

    def show_problem(self, text: str, repair: str = "") -> None:
        """Say what is wrong with what stands in the field, and offer a way out."""
        self._problem.show_text(text)
        self._problem.setVisible(bool(text))
        self._repair.setText(repair)
        self._repair.setAccessibleName(f"{self.row.label}: {repair}")
        self._repair.setVisible(bool(repair))
        self.mark_bad(is_bad=bool(text))

    def mark_bad(self, *, is_bad: bool) -> None:
        """Mark the control where its value can't stay."""

    def take_focus(self) -> None:
        """Give the keyboard to the control."""

    def _name(self, control: QWidget) -> None:
        control.setAccessibleName(self.row.label)
        if self.row.tip:
            control.setToolTip(self.row.tip)


class NumberField(PropertyField):
    """A number that is typed; every keystroke is told."""

    def __init__(self, theme: Theme, row: PropertyRow, parent: QWidget | None = None) -> None:
        super().__init__(theme, row, parent)
        self.input = QLineEdit(row.value)
        self.input.setObjectName("number-field")
        self.input.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.input.setFixedWidth(_NUMBER_WIDTH)
        self.input.setMaxLength(40)
        self._name(self.input)
        self.input.textEdited.connect(lambda text: self.edited.emit(self.row.key, text))
        self.input.editingFinished.connect(lambda: self.left.emit(self.row.key))
        self.input.installEventFilter(self)
        self._unit = Text(theme, "control", "text-3", row.unit)
        self._line.addWidget(self.input)
        inside = QHBoxLayout(self.input)
        inside.setContentsMargins(0, 0, 8, 0)
        inside.addStretch(1)
        inside.addWidget(self._unit)
        self._unit.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._show_unit(row.unit)
        self._presets = QWidget()
        across = QHBoxLayout(self._presets)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(4)
        across.addStretch(1)
        self._buttons: list[tuple[str, QPushButton]] = []
        for value, words in row.presets:
            button = QPushButton(words)
            button.setObjectName("preset")
            button.setCheckable(True)
            button.setAccessibleName(f"{row.label}: {words}")
            button.clicked.connect(lambda _checked, chosen=value: self._preset(chosen))
            across.addWidget(button)
            self._buttons.append((value, button))
        self._presets.setVisible(bool(row.presets))
        self._column.insertWidget(1, self._presets)
        self._mark_presets()

    def show_row(self, row: PropertyRow) -> None:
        is_other = row.value != self.row.value
        super().show_row(row)
        self._show_unit(row.unit)
        if is_other or not self.input.hasFocus():
            typed = self.input.text()
            if typed != row.value and not (self.input.hasFocus() and _same(typed, row.value)):
                self.input.setText(row.value)
        self._mark_presets()
        if row.is_bad:
            self.mark_bad(is_bad=True)

    def mark_bad(self, *, is_bad: bool) -> None:
        if hasattr(self, "input") and self.input.property("problem") != is_bad:
            self.input.setProperty("problem", is_bad)
            style = self.input.style()
            if style is not None:
                style.unpolish(self.input)
                style.polish(self.input)

    def take_focus(self) -> None:
        self.input.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.input.selectAll()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 -- Qt's name
        """Put back what holds when the field is left with something that can't stay."""
        if watched is self.input and isinstance(event, QKeyEvent):
            is_key = event.type() is QEvent.Type.KeyPress
            if is_key and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
                self.done.emit()
                return True
        if event is not None and watched is self.input and event.type() is QEvent.Type.FocusOut:
            self.show_problem("")
            if self.input.text() != self.row.value:
                self.input.setText(self.row.value)
        return super().eventFilter(watched, event)

    def _show_unit(self, unit: str) -> None:
        """Show the unit inside the field, behind the number."""
        self._unit.show_text(unit)
        self._unit.setVisible(bool(unit))
        width = self._unit.sizeHint().width() + 4 if unit else 0
        self.input.setTextMargins(0, 0, width, 0)

    def _preset(self, value: str) -> None:
        self.input.setText(value)
        self.show_problem("")
        self.edited.emit(self.row.key, value)
        self._mark_presets()

    def _mark_presets(self) -> None:
        for value, button in self._buttons:
            button.setChecked(_same(value, self.row.value))


class ChoiceField(PropertyField):
    """A list of values; `rule` may be typed, too."""

    def __init__(self, theme: Theme, row: PropertyRow, parent: QWidget | None = None) -> None:
        super().__init__(theme, row, parent)
        self.box = _StillComboBox()
        self.box.setMaxVisibleItems(18)
        self.box.setMinimumContentsLength(6)
        self.box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.box.setFixedWidth(160)
        self._name(self.box)
        for value, words in row.choices:
            self.box.addItem(words, value)
        if row.kind == "rule":
            self.box.setEditable(True)
            self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
            self.box.editTextChanged.connect(self._typed)
        self.box.activated.connect(self._picked)
        self._line.addWidget(self.box)
        self._show_value()

    def show_row(self, row: PropertyRow) -> None:
        super().show_row(row)
        self._show_value()
        self.mark_bad(is_bad=row.is_bad)

    def mark_bad(self, *, is_bad: bool) -> None:
        if hasattr(self, "box") and self.box.property("problem") != is_bad:
            self.box.setProperty("problem", is_bad)
            style = self.box.style()
            if style is not None:
                style.unpolish(self.box)
                style.polish(self.box)

    def take_focus(self) -> None:
        self.box.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _show_value(self) -> None:
        at = self.box.findData(self.row.value)
        self.box.blockSignals(True)
        self.box.setCurrentIndex(at)
        if self.row.kind == "rule" and at < 0 and self.box.currentText() != self.row.value:
            self.box.setEditText(self.row.value)
        self.box.blockSignals(False)

    def _picked(self, at: int) -> None:
        self.edited.emit(self.row.key, str(self.box.itemData(at)))

    def _typed(self, text: str) -> None:
        at = self.box.findText(text, Qt.MatchFlag.MatchFixedString)
        value = str(self.box.itemData(at)) if at >= 0 else text
        if value != self.row.value:
            self.edited.emit(self.row.key, value)


class SegmentField(PropertyField):
    """Two or more values side by side."""

    def __init__(self, theme: Theme, row: PropertyRow, parent: QWidget | None = None) -> None:
        super().__init__(theme, row, parent)
        self._group = QButtonGroup(self)
        for number, (_value, words) in enumerate(row.choices):
            button = QPushButton(words)
            button.setObjectName("preset")
            button.setCheckable(True)
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            button.setAccessibleName(f"{row.label}: {words}")
            self._group.addButton(button, number)
            self._line.addWidget(button)
        self._group.idClicked.connect(self._clicked)
        self._show_value()

    def show_row(self, row: PropertyRow) -> None:
        super().show_row(row)
        self._show_value()

    def take_focus(self) -> None:
        button = self._group.checkedButton()
        if button is not None:
            button.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _clicked(self, number: int) -> None:
        self.edited.emit(self.row.key, self.row.choices[number][0])

    def _show_value(self) -> None:
        values = [value for value, _words in self.row.choices]
        if self.row.value in values:
            button = self._group.button(values.index(self.row.value))
            if button is not None:
                button.setChecked(True)


class TextField(PropertyField):
    """A text that is typed below its label; every keystroke is told."""

    def __init__(self, theme: Theme, row: PropertyRow, parent: QWidget | None = None) -> None:
        super().__init__(theme, row, parent)
        self.input = QLineEdit(row.value)
        self.input.setMaxLength(2000)
        self.input.setPlaceholderText(row.unit)
        self._name(self.input)
        self.input.textEdited.connect(lambda text: self.edited.emit(self.row.key, text))
        self.input.returnPressed.connect(self.done)
        self._column.insertWidget(1, self.input)

    def show_row(self, row: PropertyRow) -> None:
        super().show_row(row)
        if not self.input.hasFocus() and self.input.text() != row.value:
            self.input.setText(row.value)

    def take_focus(self) -> None:
        self.input.setFocus(Qt.FocusReason.ShortcutFocusReason)


class FactField(PropertyField):
    """Something that is so and can't be set here."""

    def __init__(self, theme: Theme, row: PropertyRow, parent: QWidget | None = None) -> None:
        super().__init__(theme, row, parent)
        self._value = Text(theme, "control", "text-1", row.value)
        self._line.addWidget(self._value)

    def show_row(self, row: PropertyRow) -> None:
        super().show_row(row)
        self._value.show_text(row.value)


class _StillComboBox(QComboBox):
    """A list that the wheel doesn't change while the panel is scrolled."""

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 -- Qt's name
        if event is not None:
            event.ignore()


def field_of(theme: Theme, row: PropertyRow, parent: QWidget | None = None) -> PropertyField:
    """Return the field that shows a row."""
    kinds: dict[str, type[PropertyField]] = {
        "number": NumberField,
        "segments": SegmentField,
        "choice": ChoiceField,
        "rule": ChoiceField,
        "fact": FactField,
        "text": TextField,
    }
    return kinds[row.kind](theme, row, parent)


def shapes_of(rows: Sequence[PropertyRow]) -> list[tuple[object, ...]]:
    """Return what has to be the same for the same fields to show other rows."""
    return [(row.key, row.kind, row.choices, row.presets) for row in rows]


def _same(one: str, other: str) -> bool:
    def plain(text: str) -> str:
        return text.replace(",", "").replace("\u2212", "-").strip()

    try:
        return float(plain(one)) == float(plain(other))
    except ValueError:
        return one == other

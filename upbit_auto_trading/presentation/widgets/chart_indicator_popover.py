"""One indicator's parameters, lines and colours, beside its label on the chart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QEvent, QPoint, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.property_fields import (
    NumberField,
    PropertyField,
    field_of,
)
from upbit_auto_trading.presentation.widgets.text import Text
from upbit_auto_trading.presentation.widgets.toggle_switch import ToggleSwitch

if TYPE_CHECKING:
    from PyQt6.QtCore import QObject
    from PyQt6.QtGui import QIcon

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.property_fields import PropertyRow

_WIDTH: Final = 312


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line of the indicator: its variable, name and colour; `is_single` if it has no other."""

    key: str
    name: str
    ink: str
    is_shown: bool = True
    is_single: bool = False


@dataclass(frozen=True, slots=True)
class IndicatorForm:
    """Everything the popover shows of one indicator. `note` says what is special about it."""

    key: str
    title: str
    fields: tuple[PropertyRow, ...] = ()
    lines: tuple[LineRow, ...] = ()
    inks: tuple[tuple[str, str], ...] = ()
    is_hidden: bool = False
    note: str = ""


class IndicatorPopover(QFrame):
    """Passive: shows one form, tells each change as it is made.

    `parameter_stepped` carries a parameter and by how many steps the arrow keys moved it.
    """

    parameter_edited = pyqtSignal(str, str)
    parameter_stepped = pyqtSignal(str, int)
    ink_chosen = pyqtSignal(str, str)
    line_toggled = pyqtSignal(str, bool)
    hide_pressed = pyqtSignal()
    usual_pressed = pyqtSignal()
    remove_pressed = pyqtSignal()
    closed = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._form: IndicatorForm | None = None
        self._fields: dict[str, PropertyField] = {}
        self._swatches: dict[str, QPushButton] = {}
        self._switches: dict[str, ToggleSwitch] = {}
        self.setObjectName("overlay")
        self.setFixedWidth(_WIDTH)
        self._title = Text(theme, "card", "text-1")
        self._note = Text(theme, "small", "text-3")
        self._note.setWordWrap(True)
        self._body = QWidget()
        self._hide = QPushButton()
        self._hide.clicked.connect(self.hide_pressed)
        self._usual = QPushButton(_("Usual values"))
        self._usual.clicked.connect(self.usual_pressed)
        self._remove = QPushButton(_("Remove"))
        self._remove.setIcon(theme.icon("trash-2", "text-2", 14))
        self._remove.clicked.connect(self.remove_pressed)
        close = QPushButton()
        close.setObjectName("quiet")
        close.setIcon(theme.icon("x", "text-2", 14))
        close.setAccessibleName(_("Close"))
        close.clicked.connect(self.close_popover)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(close)
        foot = QHBoxLayout()
        foot.setSpacing(6)
        foot.addWidget(self._hide)
        foot.addWidget(self._usual)
        foot.addStretch(1)
        foot.addWidget(self._remove)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 8, 8, 10)
        self._column.setSpacing(8)
        self._column.addLayout(head)
        self._column.addWidget(self._body)
        self._column.addWidget(self._note)
        self._column.addLayout(foot)
        self.hide()

    @property
    def key(self) -> str:
        """Which indicator is shown, empty while there is none."""
        return self._form.key if self._form is not None and self.isVisible() else ""

    def open_at(self, form: IndicatorForm, anchor: QRect) -> None:
        """Show a form beside `anchor`, in its parent's pixels."""
        self.show_form(form)
        self.show()
        parent = self.parentWidget()
        if parent is not None:
            self.adjustSize()
            left = min(anchor.left(), parent.width() - self.width() - 8)
            top = min(anchor.bottom() + 4, parent.height() - self.height() - 8)
            self.move(QPoint(max(8, left), max(8, top)))
        self.raise_()
        first = next(iter(self._fields.values()), None)
        if first is not None:
            first.take_focus()
        else:
            self._hide.setFocus(Qt.FocusReason.PopupFocusReason)

    def show_form(self, form: IndicatorForm) -> None:
        """Show another form, or what became of the one shown."""
        before, self._form = self._form, form
        if before is None or _shape(before) != _shape(form):
            self._build(form)
        self.setAccessibleName(form.title)
        self._title.show_text(form.title)
        self._note.show_text(form.note)
        self._note.setVisible(bool(form.note))
        self._hide.setText(_("Show") if form.is_hidden else _("Hide"))
        for row in form.fields:
            self._fields[row.key].show_row(row)
            self._fields[row.key].show_problem("")
        for line in form.lines:
            self._swatches[line.key].setIcon(self._swatch(line.ink))
            if line.key in self._switches:
                self._switches[line.key].setChecked(line.is_shown)
        self.adjustSize()

    def show_problem(self, key: str, text: str) -> None:
        """Say why what was typed for a parameter isn't taken."""
        if key in self._fields:
            self._fields[key].show_problem(text)
            self.adjustSize()

    def close_popover(self) -> None:
        """Hide it."""
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 -- Qt's name
        """Let the arrow keys step the number that is typed into."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
            for key, field in self._fields.items():
                if steps and isinstance(field, NumberField) and field.input is watched:
                    self.parameter_stepped.emit(key, steps)
                    return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        if event is not None and event.key() in (
            Qt.Key.Key_Escape,
            Qt.Key.Key_Return,
            Qt.Key.Key_Enter,
        ):
            self.close_popover()
            return
        super().keyPressEvent(event)

    def _build(self, form: IndicatorForm) -> None:
        self._fields, self._swatches, self._switches = {}, {}, {}
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(8)
        for row in form.fields:
            field = field_of(self._theme, row, body)
            field.edited.connect(self.parameter_edited)
            field.done.connect(self.close_popover)
            if isinstance(field, NumberField):
                field.input.installEventFilter(self)
            self._fields[row.key] = field
            column.addWidget(field)
        for line in form.lines:
            column.addLayout(self._line_row(line, form))
        self._column.replaceWidget(self._body, body)
        self._body.hide()
        self._body.deleteLater()
        self._body = body
        body.show()
        self._column.activate()

    def _line_row(self, line: LineRow, form: IndicatorForm) -> QHBoxLayout:
        across = QHBoxLayout()
        across.setSpacing(6)
        name = Text(self._theme, "control", "text-2", line.name).shrink()
        name.setToolTip(line.name)
        across.addWidget(name, 1)
        swatch = QPushButton()
        swatch.setIconSize(QSize(28, 12))
        swatch.setFixedSize(44, 24)
        swatch.setAccessibleName(_("Colour of {name}").format(name=line.name))
        menu = QMenu(swatch)
        for ink, words in form.inks:
            action = menu.addAction(self._swatch(ink), words)
            if action is not None:
                action.triggered.connect(
                    lambda _on, key=line.key, chosen=ink: self.ink_chosen.emit(key, chosen)
                )
        swatch.clicked.connect(lambda: menu.popup(swatch.mapToGlobal(swatch.rect().bottomLeft())))
        self._swatches[line.key] = swatch
        across.addWidget(swatch)
        if not line.is_single:
            switch = ToggleSwitch(self._theme, _("Draw {name}").format(name=line.name))
            switch.clicked.connect(lambda on, key=line.key: self.line_toggled.emit(key, on))
            self._switches[line.key] = switch
            across.addWidget(switch)
        return across

    def _swatch(self, ink: str) -> QIcon:
        return self._theme.swatch(ink)


def _shape(form: IndicatorForm) -> tuple[object, ...]:
    fields = tuple((row.key, row.kind, row.choices, row.presets) for row in form.fields)
    return form.key, fields, tuple((line.key, line.is_single) for line in form.lines)

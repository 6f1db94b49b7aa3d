"""What a fault asks for before it is brought: a field for each argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.check_box import CheckBox
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from upbit_auto_trading.domain.training import ArgumentOffer, ArgumentValue, FaultOffer
    from upbit_auto_trading.presentation.theme import Theme

_MOST_INT: Final = 2_000_000_000
_USUAL_SECONDS: Final = 20.0


class FaultForm(QFrame):
    """Passive: `brought` carries the values that differ from what the exchange would take."""

    brought = pyqtSignal(object)
    cancelled = pyqtSignal()

    def __init__(
        self, theme: Theme, offer: FaultOffer, title: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("fault-form")
        self._offer = offer
        self._fields: dict[str, QWidget] = {}
        rows = QFormLayout()
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(5)
        for argument in offer.arguments:
            field = _field_of(argument)
            field.setToolTip(argument.meaning)
            field.setAccessibleName(f"{title}: {argument.name}")
            self._fields[argument.name] = field
            label = Text(theme, "small", "text-2", argument.name)
            label.setToolTip(argument.meaning)
            rows.addRow(label, field)
        start = QPushButton(_("Begin"))
        start.setObjectName("primary")
        start.setAccessibleName(_("Begin: {fault}").format(fault=title))
        start.clicked.connect(lambda: self.brought.emit(self.values()))
        cancel = QPushButton(_("Cancel"))
        cancel.setAccessibleName(_("Cancel"))
        cancel.clicked.connect(self.cancelled)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(start)
        what = Text(theme, "control-strong", "text-1", title)
        explained = Text(theme, "small", "text-2", offer.summary)
        explained.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(what)
        column.addWidget(explained)
        column.addLayout(rows)
        column.addLayout(buttons)
        self._start = start

    def values(self) -> dict[str, ArgumentValue]:
        """What was filled in, where it differs from the usual."""
        found: dict[str, ArgumentValue] = {}
        for argument in self._offer.arguments:
            value = _value_of(self._fields[argument.name])
            if value != argument.default:
                found[argument.name] = value
        return found

    def begin_here(self) -> None:
        """Put the keyboard where Enter begins."""
        self._start.setFocus()


def _field_of(argument: ArgumentOffer) -> QWidget:
    if argument.kind == "boolean":
        box = CheckBox()
        box.setChecked(bool(argument.default))
        return box
    if argument.kind == "choice":
        choice = QComboBox()
        choice.addItems(list(argument.choices))
        choice.setCurrentText(str(argument.default))
        return choice
    unit = f" {argument.unit}" if argument.unit else ""
    low, high = argument.low or 0.0, argument.high if argument.high is not None else 1e9
    if argument.kind == "integer":
        whole = QSpinBox()
        whole.setRange(int(low), int(min(high, _MOST_INT)))
        whole.setValue(int(argument.default))
        whole.setSuffix(unit)
        return whole
    if argument.kind == "number":
        number = QDoubleSpinBox()
        number.setDecimals(3)
        number.setRange(low, high)
        usual = float(argument.default)
        # A fault that lasts until it is ended is easily forgotten: the form proposes an end.
        number.setValue(_USUAL_SECONDS if argument.name == "seconds" and not usual else usual)
        number.setSuffix(unit)
        return number
    text = QLineEdit(str(argument.default))
    if argument.kind == "market":
        text.setPlaceholderText("KRW-BTC")
    return text


def _value_of(field: QWidget) -> ArgumentValue:
    if isinstance(field, CheckBox):
        return field.isChecked()
    if isinstance(field, QComboBox):
        return field.currentText()
    if isinstance(field, QSpinBox | QDoubleSpinBox):
        return field.value()
    assert isinstance(field, QLineEdit)  # noqa: S101 -- there is no other kind
    return field.text().strip()

"""What a new rule is made of: a saved trigger, what it is for, and what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.segmented import Segmented
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PyQt6.QtGui import QKeyEvent

    from upbit_auto_trading.presentation.theme import Theme


class AddRuleForm(QFrame):
    """Passive: `added` carries trigger, role and action by their keys; Esc closes it.

    `actions` are the actions of each role, each a key with its words; the first is the usual one.
    """

    added = pyqtSignal(str, str, str)
    builder_asked = pyqtSignal()

    def __init__(
        self,
        theme: Theme,
        roles: Sequence[tuple[str, str]],
        actions: Mapping[str, Sequence[tuple[str, str]]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._actions = actions
        self._roles_of: dict[str, str] = {}
        self._role = roles[0][0]
        self.setObjectName("pane")
        self.trigger = QComboBox()
        self.trigger.setAccessibleName(_("Trigger"))
        self.role = Segmented(_("Role"), roles)
        self.action = QComboBox()
        self.action.setAccessibleName(_("Action"))
        self.add = QPushButton(_("Add it"))
        self.add.setObjectName("primary")
        self._new = QPushButton(_("Build a trigger"))
        self._new.setIcon(theme.icon("git-branch", "text-2", 13))
        self._none = Text(theme, "control", "text-2", _("There is no saved trigger yet."))
        self._assemble(theme)
        self.trigger.currentIndexChanged.connect(self._trigger_changed)
        self.role.chosen.connect(self._role_chosen)
        self.add.clicked.connect(self._added)
        self._new.clicked.connect(self.builder_asked)
        self._show_role(self._role)

    def show_triggers(self, triggers: Sequence[tuple[str, str, str]]) -> None:
        """Offer saved triggers, each an id, a name, and the role it was meant for or ""."""
        self._roles_of = {identity: role for identity, _name, role in triggers}
        self.trigger.blockSignals(True)
        self.trigger.clear()
        for identity, name, _role in triggers:
            self.trigger.addItem(name, identity)
        self.trigger.blockSignals(False)
        has_any = bool(triggers)
        for part in (self.trigger, self.role, self.action, self.add):
            part.setEnabled(has_any)
        self._none.setVisible(not has_any)
        self.trigger.setVisible(has_any)
        self._trigger_changed()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def _trigger_changed(self) -> None:
        role = self._roles_of.get(str(self.trigger.currentData() or ""), "")
        if role:
            self._show_role(role)

    def _role_chosen(self, role: str) -> None:
        self._show_role(role)

    def _show_role(self, role: str) -> None:
        self._role = role
        self.role.show_value(role)
        self.action.clear()
        for key, words in self._actions[role]:
            self.action.addItem(words, key)

    def _added(self) -> None:
        trigger = self.trigger.currentData()
        if isinstance(trigger, str):
            self.added.emit(trigger, self._role, str(self.action.currentData()))

    def _assemble(self, theme: Theme) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(6)
        for label, parts in (
            (_("Trigger"), (self.trigger, self._none, self._new)),
            (_("Role"), (self.role,)),
            (_("Action"), (self.action, self.add)),
        ):
            row = QHBoxLayout()
            row.setSpacing(8)
            name = Text(theme, "control", "text-2", label)
            name.setFixedWidth(56)
            row.addWidget(name)
            for part in parts:
                row.addWidget(part, 1 if isinstance(part, QComboBox | Text) else 0)
            if len(parts) == 1:
                row.addStretch(1)
            column.addLayout(row)

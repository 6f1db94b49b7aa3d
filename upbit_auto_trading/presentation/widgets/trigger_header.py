"""The head of the builder: the trigger's name, role and version, counters, undo, save."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
)

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.theme import Theme

_NAME_WIDTH = 190


@dataclass(frozen=True, slots=True)
class HeaderLook:
    """What the head says. `role` is a role's code with its icon and colour token.

    `trouble` is what keeps the trigger from being saved, empty where nothing does;
    `short_trouble` says it where there is little room.
    """

    name: str
    role: str
    role_word: str
    role_icon: str
    role_token: str
    version: str
    counters: str
    trouble: str = ""
    short_trouble: str = ""
    can_undo: bool = False
    can_redo: bool = False
    is_changed: bool = False
    is_near_limit: bool = False


class TriggerHeader(QFrame):
    """Passive. `more_asked` names an entry of the menu at the end."""

    name_edited = pyqtSignal(str)
    role_chosen = pyqtSignal(str)
    undo_pressed = pyqtSignal()
    redo_pressed = pyqtSignal()
    save_pressed = pyqtSignal()
    strategy_pressed = pyqtSignal()
    more_asked = pyqtSignal(str)
    trouble_pressed = pyqtSignal()

    def __init__(
        self,
        theme: Theme,
        roles: Sequence[tuple[str, str, str, str]],
        more: Sequence[tuple[str, str, str]],
    ) -> None:
        super().__init__()
        self.setObjectName("toolbar")
        self._theme = theme
        self._role = ""
        self._is_compact = False
        self.name = QLineEdit()
        self.name.setObjectName("trigger-name")
        self.name.setAccessibleName(_("Name of the trigger"))
        self.name.setPlaceholderText(_("Name of the trigger"))
        self.name.setMaxLength(80)
        self.name.setMinimumWidth(120)
        self.name.setMaximumWidth(_NAME_WIDTH + 90)
        self.name.textEdited.connect(self.name_edited)
        self.role = QToolButton()
        self.role.setObjectName("role-button")
        self.role.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.role.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.role.setIconSize(QSize(13, 13))
        self.role.setMenu(self._roles_menu(roles))
        self._version = Text(theme, "small", "text-2")
        self._version.setObjectName("chip")
        self._counters = Text(theme, "small", "text-3").shrink()
        self.trouble = QPushButton()
        self.trouble.setObjectName("trouble")
        self.trouble.setIcon(theme.icon("octagon-alert", "bad", 13))
        self.trouble.clicked.connect(self.trouble_pressed)
        self._undo = self._tool("undo-2", _("Undo"), "Ctrl+Z")
        self._undo.clicked.connect(self.undo_pressed)
        self._redo = self._tool("redo-2", _("Redo"), "Ctrl+Y")
        self._redo.clicked.connect(self.redo_pressed)
        self.strategy = QPushButton(_("Put into a strategy"))
        self.strategy.setIcon(theme.icon("layers", "text-2", 14))
        self.strategy.clicked.connect(self.strategy_pressed)
        self.save = QPushButton(_("Save"))
        self.save.setToolTip("Ctrl+S")
        self.save.clicked.connect(self.save_pressed)
        self._more = self._tool("ellipsis-vertical", _("More"), "")
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._more.setMenu(self._more_menu(more))
        self._assemble()

    def show_look(self, look: HeaderLook) -> None:
        """Show how the trigger stands."""
        if self.name.text() != look.name and not self.name.hasFocus():
            self.name.setText(look.name)
        words = _("Role: {role}").format(role=look.role_word)
        if self.role.text() != words or self._role != look.role:
            self._role = look.role
            self.role.setText(words)
            self.role.setAccessibleName(words)
            self.role.setIcon(self._theme.icon(look.role_icon, look.role_token, 14))
            self.role.setProperty("role", look.role)
            style = self.role.style()
            if style is not None:
                style.unpolish(self.role)
                style.polish(self.role)
        self._version.show_text(look.version)
        self._counters.show_text(look.counters, "warn" if look.is_near_limit else "text-3")
        self._counters.setToolTip(look.counters)
        for button, icon, may in (
            (self._undo, "undo-2", look.can_undo),
            (self._redo, "redo-2", look.can_redo),
        ):
            button.setEnabled(may)
            button.setIcon(self._theme.icon(icon, "text-2" if may else "line2", 16))
        is_tight = self._is_compact
        self.trouble.setText(look.short_trouble if is_tight else look.trouble)
        self.trouble.setToolTip(look.trouble)
        self.trouble.setAccessibleName(look.trouble)
        self.trouble.setVisible(bool(look.trouble))
        self._show_strategy_words(is_tight=self._is_compact or bool(look.trouble))
        self.save.setText(_("Keep the draft") if look.trouble else _("Save"))
        wanted = "" if look.trouble else "primary"
        if self.save.objectName() != wanted:
            self.save.setObjectName(wanted)
            style = self.save.style()
            if style is not None:
                style.unpolish(self.save)
                style.polish(self.save)
        self.save.setIcon(self._theme.icon("save", "text-2" if look.trouble else "on-fill", 14))
        self.save.setEnabled(look.is_changed)

    def show_name(self, name: str) -> None:
        """Show another trigger's name, whoever has the keyboard."""
        self.name.setText(name)

    def set_compact(self, *, compact: bool) -> None:
        """Give way to a narrow window."""
        self._is_compact = compact
        self._counters.setVisible(not compact)
        self._show_strategy_words(is_tight=compact)

    def focus_name(self) -> None:
        """Let the name be typed over."""
        self.name.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.name.selectAll()

    def _roles_menu(self, roles: Sequence[tuple[str, str, str, str]]) -> QMenu:
        menu = QMenu(self.role)
        for code, word, icon, token in roles:
            action = QAction(self._theme.icon(icon, token, 14), word, menu)
            action.triggered.connect(lambda _checked, chosen=code: self.role_chosen.emit(chosen))
            menu.addAction(action)
        return menu

    def _more_menu(self, more: Sequence[tuple[str, str, str]]) -> QMenu:
        menu = QMenu(self._more)
        for code, word, icon in more:
            if not code:
                menu.addSeparator()
                continue
            action = QAction(self._theme.icon(icon, "text-2", 14), word, menu)
            action.triggered.connect(lambda _checked, chosen=code: self.more_asked.emit(chosen))
            menu.addAction(action)
        return menu

    def _show_strategy_words(self, *, is_tight: bool) -> None:
        words = _("Put into a strategy")
        self.strategy.setText("" if is_tight else words)
        self.strategy.setToolTip(words)
        self.strategy.setAccessibleName(words)

    def _tool(self, icon: str, name: str, keys: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName("quiet")
        button.setIcon(self._theme.icon(icon, "text-2", 16))
        button.setIconSize(QSize(16, 16))
        button.setAccessibleName(name)
        button.setToolTip(f"{name}  {keys}".strip())
        return button

    def _assemble(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 7, 8, 7)
        row.setSpacing(7)
        row.addWidget(self.name, 2)
        row.addWidget(self.role)
        row.addWidget(self._version)
        row.addWidget(self._counters, 1)
        row.addWidget(self._undo)
        row.addWidget(self._redo)
        for part in (self.trouble, self.strategy, self.save, self._more):
            row.addWidget(part)

"""The button for arrangements of panes: choose one, keep one, put everything back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QToolButton

from upbit_auto_trading.presentation.i18n import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.theme import Theme

_MOST_KEYS: Final = 9


@dataclass(frozen=True, slots=True)
class LayoutRow:
    """One arrangement: its key, its name, and whether it is the user's own."""

    key: str
    name: str
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class PaneRow:
    """One pane: its name in the program, its title, whether it is shown, whether it may go."""

    name: str
    title: str
    is_shown: bool
    may_hide: bool = True


class LayoutButton(QToolButton):
    """Passive: shows arrangements and panes, tells what is asked for."""

    chosen = pyqtSignal(str)
    pane_toggled = pyqtSignal(str, bool)
    editing_toggled = pyqtSignal(bool)
    save_pressed = pyqtSignal()
    save_as_pressed = pyqtSignal()
    rename_pressed = pyqtSignal()
    delete_pressed = pyqtSignal()
    reset_pressed = pyqtSignal()
    opened = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("bar-button")
        self.setIcon(theme.icon("columns-2", "text-2", 14))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self.opened)
        self.setMenu(self._menu)

    def show_layouts(
        self, rows: Sequence[LayoutRow], current: str, panes: Sequence[PaneRow], *, editing: bool
    ) -> None:
        """Show what there is; `current` is the key of the arrangement chosen last."""
        row = next((one for one in rows if one.key == current), rows[0])
        words = _("Layout: {name}").format(name=row.name)
        self.setText(f" {words}")
        self.setAccessibleName(words)
        menu = self._menu
        menu.clear()
        for number, one in enumerate(rows, start=1):
            action = self._checkable(one.name, checked=one.key == current)
            if number <= _MOST_KEYS:
                action.setText(f"{one.name}\tCtrl+{number}")
            action.triggered.connect(lambda _on, key=one.key: self.chosen.emit(key))
        menu.addSeparator()
        for pane in panes:
            action = self._checkable(pane.title, checked=pane.is_shown)
            action.setEnabled(pane.may_hide)
            action.triggered.connect(lambda on, name=pane.name: self.pane_toggled.emit(name, on))
        menu.addSeparator()
        move = self._checkable(_("Move panes"), checked=editing)
        move.triggered.connect(self.editing_toggled)
        menu.addSeparator()
        for words, told, is_possible in (
            (_("Save"), self.save_pressed, row.is_own),
            (_("Save as…"), self.save_as_pressed, True),
            (_("Rename…"), self.rename_pressed, row.is_own),
            (_("Delete"), self.delete_pressed, row.is_own),
            (_("Reset the layout"), self.reset_pressed, True),
        ):
            action = QAction(words, menu)
            action.setEnabled(is_possible)
            action.triggered.connect(told)
            menu.addAction(action)

    def _checkable(self, words: str, *, checked: bool) -> QAction:
        action = QAction(words, self._menu)
        action.setCheckable(True)
        action.setChecked(checked)
        if checked:
            action.setIcon(self._theme.icon("check", "acc", 14))
        self._menu.addAction(action)
        return action

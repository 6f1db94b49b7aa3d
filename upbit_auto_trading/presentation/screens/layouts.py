"""The chart screen's arrangements joined to the settings: choosing, naming, putting back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QKeySequence, QShortcut

from upbit_auto_trading.domain.settings import (
    LONGEST_NAME,
    MOST_LAYOUTS,
    SHIPPED_LAYOUTS,
    InvalidSettingError,
    NamedLayout,
)
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.chart_layouts import CHART, arrange, layout_name
from upbit_auto_trading.presentation.widgets.layout_button import LayoutButton, LayoutRow, PaneRow
from upbit_auto_trading.presentation.widgets.name_prompt import NamePrompt

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.screens.dock_area import DockArea
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel

_KEYS = 9


class Layouts(QObject):
    """Keeps one `DockArea` as the user wants it.

    What can't be used, a damaged one say, gives way to the standard arrangement, and `told` says
    so. `chosen` tells that an arrangement was asked for by key or menu.
    """

    told = pyqtSignal(str)
    chosen = pyqtSignal()

    def __init__(
        self, theme: Theme, area: DockArea, settings: SettingsViewModel, over: QWidget
    ) -> None:
        super().__init__(over)
        self._area = area
        self._settings = settings
        self._is_compact = False
        self._is_own = False  # moved by the user since an arrangement was taken
        self._renamed = ""
        self.button = LayoutButton(theme)
        self.prompt = NamePrompt(theme, LONGEST_NAME, over)
        self._connect(over)
        self._take_up()

    @property
    def current(self) -> str:
        """The key of the arrangement chosen last."""
        key = self._settings.settings.layout
        return key if key in SHIPPED_LAYOUTS or self._kept(key) else SHIPPED_LAYOUTS[0]

    def rows(self) -> list[LayoutRow]:
        """Every arrangement, those that are shipped first."""
        shipped = [LayoutRow(key, layout_name(key)) for key in SHIPPED_LAYOUTS]
        own = [
            LayoutRow(one.name, one.name, is_own=True) for one in self._settings.settings.layouts
        ]
        return shipped + own

    def choose(self, key: str) -> None:
        """Take up an arrangement as it was kept."""
        self._settings.change(layout=key, arrangement="")
        self._is_own = False
        self._apply(key)
        self.chosen.emit()

    def reset(self) -> None:
        """Put every pane back where the standard arrangement has it, whatever was kept."""
        self._area.set_editing(editing=False)
        self.choose(SHIPPED_LAYOUTS[0])
        self.told.emit(_("The standard layout is back."))

    def toggle_editing(self) -> None:
        """Let panes be moved, or hold them in their places."""
        self._set_editing(not self._area.is_editing)

    def set_compact(self, *, compact: bool) -> None:
        """Give way to a narrow window where the user hasn't arranged the panes."""
        if compact == self._is_compact:
            return
        self._is_compact = compact
        if not self._is_own and self.current in SHIPPED_LAYOUTS:
            arrange(self._area, self.current, compact=compact)
            self._show()

    def keep(self) -> None:
        """Keep how the panes stand, for the next start."""
        arrangement = self._area.arrangement() if self._is_own else ""
        if arrangement != self._settings.settings.arrangement:
            self._settings.change(arrangement=arrangement)

    def place(self) -> None:
        """Stay where a window that changed its size has its middle."""
        self.prompt.place()

    def _take_up(self) -> None:
        """Begin as the last run ended."""
        arrangement = self._settings.settings.arrangement
        if arrangement and self._area.restore(arrangement):
            self._is_own = True
            self._show()
            return
        self._apply(self.current)

    def _apply(self, key: str) -> None:
        own = self._kept(key)
        if own is not None and not self._area.restore(own.state):
            self.told.emit(
                _("The layout {name} is damaged; the standard one is shown.").format(name=key)
            )
            key = SHIPPED_LAYOUTS[0]
            own = None
        if own is None:
            arrange(self._area, key, compact=self._is_compact)
        self._show()

    def _kept(self, name: str) -> NamedLayout | None:
        kept = self._settings.settings.layouts
        return next((one for one in kept if one.name == name), None)

    def _show(self) -> None:
        area = self._area
        panes = [
            PaneRow(name, title, area.is_shown(name), may_hide=name != CHART)
            for name, title in area.panes.items()
        ]
        self.button.show_layouts(self.rows(), self.current, panes, editing=area.is_editing)

    def _moved(self) -> None:
        self._is_own = True

    def _toggle_pane(self, name: str, is_shown: bool) -> None:
        self._area.show_pane(name, shown=is_shown)
        self._show()

    def _set_editing(self, is_on: bool) -> None:
        self._area.set_editing(editing=is_on)
        if is_on:
            self.told.emit(
                _("Drag a pane by its bar. Choose “Move panes” again when everything is in place.")
            )
        self.chosen.emit()
        self._show()

    def _save(self) -> None:
        name = self.current
        if self._kept(name) is not None:
            self._put(NamedLayout(name, self._area.arrangement()))
            self.told.emit(_("The layout {name} is saved.").format(name=name))

    def ask_name(self) -> None:
        """Ask for the name to keep the present arrangement by."""
        self._renamed = ""
        self.prompt.ask(_("Save the layout as"), "")

    def _ask_new_name(self) -> None:
        self._renamed = self.current
        self.prompt.ask(_("Rename the layout"), self.current)

    def _named(self, name: str) -> None:
        taken = {row.name for row in self.rows()} - {self._renamed}
        try:
            made = NamedLayout(name, self._area.arrangement())
        except InvalidSettingError:
            self.prompt.show_refusal(_("Give it a name of its own."))
            return
        kept = self._settings.settings.layouts
        if name in taken:
            self.prompt.show_refusal(_("There is a layout of that name already."))
            return
        if not self._renamed and len(kept) >= MOST_LAYOUTS:
            refusal = _("There are {n} layouts already; delete one first.")
            self.prompt.show_refusal(refusal.format(n=len(kept)))
            return
        if self._renamed:
            changed = tuple(
                replace(one, name=name) if one.name == self._renamed else one for one in kept
            )
            self._settings.change(layouts=changed, layout=name)
        else:
            self._settings.change(layouts=(*kept, made), layout=name)
        self.prompt.close_prompt()
        self._show()

    def _delete(self) -> None:
        name = self.current
        gone = self._kept(name)
        if gone is None:
            return
        kept = self._settings.settings.layouts
        self._settings.change(layouts=tuple(one for one in kept if one is not gone))
        self.choose(SHIPPED_LAYOUTS[0])
        self.told.emit(_("The layout {name} is deleted.").format(name=name))

    def _put(self, layout: NamedLayout) -> None:
        kept = self._settings.settings.layouts
        changed = tuple(layout if one.name == layout.name else one for one in kept)
        self._settings.change(layouts=changed)

    def _choose_number(self, number: int) -> None:
        rows = self.rows()
        if number < len(rows):
            self.choose(rows[number].key)

    def _connect(self, over: QWidget) -> None:
        button = self.button
        self._area.changed.connect(self._moved)
        button.chosen.connect(self.choose)
        button.opened.connect(self._show)
        button.pane_toggled.connect(self._toggle_pane)
        button.editing_toggled.connect(self._set_editing)
        button.save_pressed.connect(self._save)
        button.save_as_pressed.connect(self.ask_name)
        button.rename_pressed.connect(self._ask_new_name)
        button.delete_pressed.connect(self._delete)
        button.reset_pressed.connect(self.reset)
        self.prompt.named.connect(self._named)
        for number in range(_KEYS):
            keys = QShortcut(QKeySequence(f"Ctrl+{number + 1}"), over)
            keys.activated.connect(lambda n=number: self._choose_number(n))

"""The canvas joined to the editor: keys, menus, drops and repairs are edits of the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, QPoint, pyqtSignal
from PyQt6.QtGui import QGuiApplication

from upbit_auto_trading.domain.compatibility import Side, fitting, mismatch
from upbit_auto_trading.domain.condition_filling import with_comparator, with_operand
from upbit_auto_trading.domain.expression import Comparator, Group, GroupKind, comparisons
from upbit_auto_trading.domain.first_comparison import placed_operand
from upbit_auto_trading.presentation.screens import trigger_menus
from upbit_auto_trading.presentation.widgets.condition_layout import SIDES
from upbit_auto_trading.presentation.widgets.drag_source import NODE, PART, VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.presentation.screens.trigger_findings import Finding
    from upbit_auto_trading.presentation.screens.trigger_words import TriggerWords
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.trigger_editor import TriggerEditor
    from upbit_auto_trading.presentation.widgets.condition_canvas import ConditionCanvas

_RIGHT_SIDES: Final = ("right", "upper")


class CanvasLink(QObject):
    """Does on the editor what the canvas asks for.

    `part_of` returns the expression of a condition kept for reuse. `keep_asked` asks to keep the
    selected node among those, `add_asked` to let the user choose a variable for a group.
    """

    keep_asked = pyqtSignal()
    add_asked = pyqtSignal(str)

    def __init__(
        self,
        canvas: ConditionCanvas,
        editor: TriggerEditor,
        words: TriggerWords,
        theme: Theme,
        part_of: Callable[[str], Expression | None],
    ) -> None:
        super().__init__(canvas)
        self._canvas, self._editor, self._words, self._theme = canvas, editor, words, theme
        self._part_of = part_of
        self._findings: Mapping[str, Sequence[Finding]] = {}
        self._doings: dict[str, Callable[[], object]] = {
            "group": self._wrap,
            "ungroup": editor.unwrap,
            "toggle": editor.toggle_kind,
            "negate": editor.negate,
            "remove": editor.remove,
            "duplicate": editor.duplicate,
            "copy": self.copy,
            "cut": self._cut,
            "paste": self.paste,
            "up": lambda: editor.shift(-1),
            "down": lambda: editor.shift(1),
            "keep": self.keep_asked.emit,
        }
        canvas.selected.connect(editor.select)
        canvas.command_given.connect(self.do)
        canvas.menu_asked.connect(self._open_menu)
        canvas.wrap_asked.connect(self._add_group)
        canvas.add_asked.connect(self._ask_to_add)
        canvas.repair_chosen.connect(self._repair)
        canvas.dropped.connect(self._dropped)
        canvas.dropped_on.connect(self._dropped_on)
        canvas.drag_entered.connect(self._dragging)

    def show(self, findings: Mapping[str, Sequence[Finding]]) -> None:
        """Show the tree with what is wrong with it, and what is selected."""
        self._findings = findings
        self._canvas.show_tree(self._words.tree(self._editor.root, findings))
        self.show_selection()

    def show_selection(self) -> None:
        """Show what is selected."""
        selection = self._editor.selection
        self._canvas.show_selection(selection.node, selection.part)

    def do(self, command: str) -> None:
        """Do what a key, or a menu's entry, is for."""
        self._doings[command]()

    def copy(self) -> None:
        """Put the selected node on the clipboard as JSON."""
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self._editor.copied())

    def paste(self) -> None:
        """Add what the clipboard holds, if it is a part of a trigger."""
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None:
            self._editor.paste(clipboard.text())

    def put_variable(self, variable: str) -> None:
        """Put a variable on the selected side, or add a condition on it."""
        selection = self._editor.selection
        if selection.part in SIDES:
            self._editor.put_variable(selection.node, selection.part, variable)
        else:
            self._editor.add_variable(variable)

    def unfitting(self) -> frozenset[str]:
        """Return the variables that don't fit the selected side, none where no side is."""
        selection, comparison = self._editor.selection, self._editor.comparison()
        if comparison is None or selection.part not in _RIGHT_SIDES:
            return frozenset()
        registry = self._words.registry
        fit = {one.id for one in fitting(comparison, Side(selection.part), registry)}
        return frozenset(one.id for one in registry if one.id not in fit)

    def _cut(self) -> None:
        self.copy()
        self._editor.remove()

    def _wrap(self) -> None:
        self._editor.wrap(GroupKind.ALL)

    def _add_group(self, group: str) -> None:
        """Add an empty group of the other kind than the one it goes into."""
        self._editor.select(group)
        node = self._editor.node()
        is_any = isinstance(node, Group) and node.kind is GroupKind.ANY
        self._editor.add(Group(GroupKind.ALL if is_any else GroupKind.ANY), group)

    def _ask_to_add(self, group: str) -> None:
        self._editor.select(group)
        self.add_asked.emit(group)

    def _open_menu(self, node: str, part: str, at: QPoint) -> None:
        self._editor.select(node, part)
        found, comparison = self._editor.node(), self._editor.comparison()
        if found is None:
            return
        if part == "comparator" and comparison is not None:
            entries = trigger_menus.comparator_entries(comparison, self._words)
            chosen: Callable[[str], None] = self._compare
        else:
            is_root = found.id == self._editor.root.id
            entries = trigger_menus.node_entries(found, self._words, is_root=is_root)
            chosen = self._menu_chosen
        trigger_menus.open_menu(self._canvas, self._theme, entries, chosen, at)

    def _menu_chosen(self, code: str) -> None:
        name, _colon, kind = code.partition(":")
        if name == "kind":
            self._editor.change_kind(self._editor.selection.node, GroupKind(kind))
        else:
            self.do(code)

    def _compare(self, code: str) -> None:
        comparison = self._editor.comparison()
        if comparison is not None:
            new = with_comparator(comparison, Comparator(code), self._words.registry)
            self._editor.put(comparison.id, new, "comparator")

    def _repair(self, node: str, number: int) -> None:
        found = next((one for one in self._findings.get(node, ()) if not one.quiet), None)
        if found is not None and number < len(found.fixes):
            fix = found.fixes[number]
            self._editor.put(fix.node, fix.new)

    def _dropped(self, kind: str, value: str, group: str, place: int) -> None:
        if kind == VARIABLE:
            self._editor.add_variable(value, group, place)
        elif kind == NODE:
            self._editor.move(value, group, place)
        elif kind == PART:
            part = self._part_of(value)
            if part is not None:
                self._editor.add(part, group, place)

    def _dropped_on(self, kind: str, value: str, node: str, side: str) -> None:
        if kind == VARIABLE:
            self._editor.put_variable(node, side, value)

    def _dragging(self, kind: str, value: str) -> None:
        """Grey out the sides that what is dragged doesn't fit."""
        registry = self._words.registry
        if kind != VARIABLE or value not in registry:
            self._canvas.show_greyed(frozenset())
            return
        greyed = set()
        for comparison in comparisons(self._editor.root):
            operand = placed_operand(registry[value], comparison.left)
            for side in _RIGHT_SIDES:
                if getattr(comparison, side) is None:
                    continue
                changed = with_operand(comparison, side, operand, registry)
                if mismatch(changed, registry) is not None:
                    greyed.add((comparison.id, side))
            changed = with_operand(comparison, "left", operand, registry)
            if mismatch(changed, registry) is not None:
                greyed.add((comparison.id, "left"))
        self._canvas.show_greyed(frozenset(greyed))

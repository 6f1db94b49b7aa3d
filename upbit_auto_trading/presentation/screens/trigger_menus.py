"""The builder's menus: of a condition, a group, a comparator, a saved trigger. None is modal."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu

from upbit_auto_trading.domain.compatibility import comparators_for
from upbit_auto_trading.domain.expression import Comparison, Group, GroupKind
from upbit_auto_trading.presentation.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PyQt6.QtCore import QPoint
    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.presentation.screens.trigger_words import TriggerWords
    from upbit_auto_trading.presentation.theme import Theme

Entry = tuple[str, str, str, str]


def open_menu(
    parent: QWidget,
    theme: Theme,
    entries: Sequence[Entry | None],
    chosen: Callable[[str], None],
    at: QPoint,
) -> QMenu:
    """Open a menu of (code, words, icon, keys) at a point of the screen; None is a line."""
    menu = QMenu(parent)
    for entry in entries:
        if entry is None:
            menu.addSeparator()
            continue
        code, words, icon, keys = entry
        action = QAction(f"{words}\t{keys}" if keys else words, menu)
        if icon:
            action.setIcon(theme.icon(icon, "text-2", 14))
        action.triggered.connect(partial(_given, chosen, code))
        menu.addAction(action)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(at)
    return menu


def node_entries(node: Expression, words: TriggerWords, *, is_root: bool) -> list[Entry | None]:
    """What can be done with a node; group kinds are `kind:all` and so on."""
    entries: list[Entry | None] = []
    if isinstance(node, Group):
        for kind in GroupKind:
            word = words.words.word("group", kind.value).format(count="n")
            mark = "check" if kind is node.kind else ""
            entries.append((f"kind:{kind.value}", word, mark, ""))
        entries.append(None)
    entries += [
        ("group", _("Put into a group"), "group", "G"),
        ("negate", _("Negate"), "ban", "N"),
    ]
    if isinstance(node, Group) and not is_root:
        entries.append(("ungroup", _("Take the group away"), "ungroup", "U"))
    if not is_root:
        entries += [
            ("up", _("Move up"), "arrow-up", "Alt+\u2191"),
            ("down", _("Move down"), "arrow-down", "Alt+\u2193"),
            ("duplicate", _("Duplicate"), "copy", "Ctrl+D"),
        ]
    entries += [
        None,
        ("copy", _("Copy as JSON"), "copy", "Ctrl+C"),
        ("paste", _("Paste"), "download", "Ctrl+V"),
        ("keep", _("Keep among my conditions"), "bookmark", ""),
        None,
        ("remove", _("Empty it") if is_root else _("Delete"), "trash-2", "Del"),
    ]
    return entries


def comparator_entries(node: Comparison, words: TriggerWords) -> list[Entry | None]:
    """The comparators that fit the left side."""
    return [
        (
            comparator.value,
            words.comparator_name(comparator),
            "check" if comparator is node.comparator else "",
            "",
        )
        for comparator in comparators_for(words.registry[node.left.variable])
    ]


def _given(chosen: Callable[[str], None], code: str, _checked: object = None) -> None:
    chosen(code)

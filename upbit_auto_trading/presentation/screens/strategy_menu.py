"""The strategies in a menu, each with its versions, and what can be done with the open one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import strategy_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PyQt6.QtCore import QPoint

    from upbit_auto_trading.presentation.screens.strategy_keeping import StrategyKeeping
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.strategy_shelf import StrategyShelf


def open_library(
    parent: QWidget,
    theme: Theme,
    keeping: StrategyKeeping,
    doings: Mapping[str, Callable[[], None]],
    at: QPoint,
) -> QMenu:
    """Open the menu at a point of the screen; `doings` says what each entry does."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if keeping.shelf is not None:
        _add_strategies(menu, keeping, keeping.shelf)
    is_open = keeping.strategy is not None
    for code, words, icon, keys in (
        ("template", _("Load the seven rules"), "layers", ""),
        ("empty", _("Start from nothing"), "plus", ""),
        ("import", _("Import from a file…"), "download", ""),
        *([("", "", "", "")] if is_open else []),
        *([("rename", _("Rename"), "tag", "F2")] if is_open else []),
        *([("copy", _("Make a copy"), "copy", "")] if is_open else []),
        *([("export", _("Export to a file…"), "upload", "")] if is_open else []),
        *([("revert", _("Drop the draft"), "rotate-ccw", "")] if keeping.has_edits else []),
    ):
        if not code:
            menu.addSeparator()
            continue
        action = QAction(
            theme.icon(icon, "text-2", 14), f"{words}\t{keys}" if keys else words, menu
        )
        action.triggered.connect(partial(_done, doings[code]))
        menu.addAction(action)
    menu.popup(at)
    return menu


def _add_strategies(menu: QMenu, keeping: StrategyKeeping, shelf: StrategyShelf) -> None:
    known = {one.id for one in shelf.strategies}
    unsaved = [one for identity, one in shelf.drafts.items() if identity not in known]
    for strategy in unsaved:
        name = _("{name} (not saved yet)").format(name=strategy_words.of(strategy.name))
        action = menu.addAction(name)
        if action is not None:
            action.triggered.connect(partial(_opened, keeping, strategy.id))
    for strategy in shelf.strategies:
        draft = shelf.drafts.get(strategy.id)
        name = strategy_words.of((draft or strategy).name)
        versions = menu.addMenu(
            name if draft is None else _("{name} (unsaved edits)").format(name=name)
        )
        if versions is None:
            continue
        action = versions.addAction(
            _("Open the newest") if draft is None else _("Go on with the unsaved edits")
        )
        if action is not None:
            action.triggered.connect(partial(_opened, keeping, strategy.id))
        versions.addSeparator()
        for version in reversed(shelf.versions[strategy.id]):
            action = versions.addAction(strategy_words.version_words(version))
            if action is not None:
                action.triggered.connect(partial(shelf.open, strategy.id, version.version))
    if unsaved or shelf.strategies:
        menu.addSeparator()


def _opened(keeping: StrategyKeeping, identity: str, _checked: object = None) -> None:
    keeping.open(identity)


def _done(doing: Callable[[], None], _checked: object = None) -> None:
    doing()

"""The saved strategies in a menu, each with its versions, newest first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMenu, QWidget

from upbit_auto_trading.presentation.screens import strategy_words

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.viewmodels.strategy_shelf import StrategyShelf


def library_menu(parent: QWidget, shelf: StrategyShelf | None) -> QMenu:
    """Return a menu that opens a version of a strategy; it is gone once it closes."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if shelf is None:
        return menu
    for strategy in shelf.strategies:
        versions = menu.addMenu(strategy_words.of(strategy.name))
        if versions is None:
            continue
        for version in reversed(shelf.versions[strategy.id]):
            action = versions.addAction(strategy_words.version_words(version))
            if action is not None:
                action.triggered.connect(partial(shelf.open, strategy.id, version.version))
    if shelf.strategies:
        menu.addSeparator()
    return menu

"""The saved strategies joined to the editor: open, save, versions, drafts, names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.variable import Words
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import strategy_words
from upbit_auto_trading.presentation.screens.trigger_list_words import free_name
from upbit_auto_trading.presentation.viewmodels.strategy_shelf import StrategyShelf

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.application.library import Library
    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.presentation.viewmodels.strategy_editor import StrategyEditor
    from upbit_auto_trading.presentation.viewmodels.strategy_shelf import ShelfProblem


class StrategyKeeping(QObject):
    """Opens and saves strategies; what the user changes is kept as a draft all the time.

    `told` carries sentences for the user, `changed` tells that the saved strategies did.
    """

    told = pyqtSignal(str)
    changed = pyqtSignal()

    def __init__(self, editor: StrategyEditor, parent: QObject) -> None:
        super().__init__(parent)
        self._editor = editor
        self._wanted = ""
        self.shelf: StrategyShelf | None = None
        editor.changed.connect(self._edited)

    @property
    def strategy(self) -> Strategy | None:
        """The strategy that is open, as it stands."""
        return self._editor.strategy

    @property
    def has_edits(self) -> bool:
        """Whether the open strategy has edits that could be dropped."""
        return self._editor.is_changed

    def attach(self, library: Library, wall_clock: Callable[[], float]) -> None:
        """Read and write the strategies of a data folder."""
        self.shelf = shelf = StrategyShelf(library, wall_clock, self)
        shelf.listed.connect(self._listed)
        shelf.opened.connect(self._version_opened)
        shelf.saved.connect(self._saved)
        shelf.failed.connect(self._failed)
        shelf.refresh()

    async def detach(self) -> None:
        """Let go of the folder once everything is kept."""
        shelf, self.shelf = self.shelf, None
        if shelf is not None:
            await shelf.close()
            shelf.deleteLater()

    def load_template(self) -> None:
        """Open the seven rules as a strategy of the user's own."""
        name = self._free_name(shipped_template(SEVEN_RULES).strategy.name)
        self._editor.open_template(self._free_id(SEVEN_RULES.replace("_", "-")), name)
        self.told.emit(_("The seven rules are loaded. Change what you like, then save."))

    def start_empty(self) -> None:
        """Open a strategy without a rule."""
        name = self._free_name(Words("새 전략", "New strategy"))
        self._editor.open_empty(self._free_id(f"strategy-{uuid4().hex[:8]}"), name)

    def open(self, identity: str) -> None:
        """Edit a saved strategy, or go on with its draft; later, where nothing is listed yet."""
        shelf = self.shelf
        if shelf is None or not shelf.is_listed or not self._open(identity):
            self._wanted = identity
            if shelf is not None:
                shelf.refresh()

    def open_version(self, identity: str, version: int) -> None:
        """Edit a saved strategy as it was in a version."""
        if self.shelf is not None:
            self.shelf.open(identity, version)

    def save(self) -> None:
        """Save what is open, unless something forbids it."""
        editor = self._editor
        if editor.strategy is None or self.shelf is None:
            return
        if not editor.can_be_saved:
            self.told.emit(strategy_words.cant_be_saved(has_refused=bool(editor.refused)))
            return
        self.shelf.save(editor.strategy)

    def copy(self) -> None:
        """Open a copy of what is open, under an id and a name of its own."""
        if self._editor.strategy is not None:
            self.open_new(self._editor.strategy)

    def open_new(self, source: Strategy) -> None:
        """Open a strategy from elsewhere under an id, and a name, of its own."""
        identity, name = self._free_id(f"strategy-{uuid4().hex[:8]}"), self._free_name(source.name)
        fresh = replace(source, id=identity, name=name, revision=1)
        self._editor.open(fresh, is_saved=False)
        if self.shelf is not None:
            self.shelf.keep(fresh)

    def rename(self, name: str) -> None:
        """Give what is open another name."""
        if self._editor.strategy is not None:
            self._editor.rename(name)

    def drop_draft(self) -> None:
        """Go back to what is saved; a strategy that never was gives way to another, or to none."""
        editor, shelf = self._editor, self.shelf
        if editor.strategy is None:
            return
        if editor.saved is not None:
            editor.replace(editor.saved)
            return
        if shelf is not None:
            shelf.drop_draft(editor.strategy.id)
        if not self._open_first():
            editor.open(None)

    def _known(self) -> list[Strategy]:
        shelf = self.shelf
        return [] if shelf is None else [*shelf.strategies, *shelf.drafts.values()]

    def _free_id(self, wanted: str) -> str:
        taken = {one.id for one in self._known()}
        return wanted if wanted not in taken else f"{wanted}-{uuid4().hex[:8]}"

    def _free_name(self, wanted: Words) -> Words:
        names = [name for one in self._known() for name in (one.name.korean, one.name.english)]
        return Words(free_name(wanted.korean, names), free_name(wanted.english, names))

    def _edited(self) -> None:
        editor, shelf = self._editor, self.shelf
        strategy = editor.strategy
        if shelf is None or strategy is None:
            return
        has_draft = strategy.id in shelf.drafts
        if not editor.is_changed:
            if has_draft:
                shelf.drop_draft(strategy.id)
        elif (editor.is_touched or has_draft) and shelf.drafts.get(strategy.id) != strategy:
            shelf.keep(strategy)

    def _listed(self) -> None:
        editor, shelf = self._editor, self.shelf
        if shelf is None:
            return
        wanted, self._wanted = self._wanted, ""
        if wanted:
            self._open(wanted)
        elif editor.strategy is None:
            if self._open_first() and editor.is_changed:
                self.told.emit(_("Your unsaved edits are back."))
        elif editor.is_changed and editor.is_touched:
            # Edited while no folder was there, or in the look before this one.
            shelf.keep(editor.strategy)
        self.changed.emit()

    def _open_first(self) -> bool:
        """Go on with the draft made last, else with the strategy saved last, if there is one."""
        shelf = self.shelf
        if shelf is None:
            return False
        if shelf.drafts:
            return self._open(next(iter(shelf.drafts)))
        if not shelf.strategies:
            return False
        newest = max(shelf.strategies, key=lambda one: shelf.versions[one.id][-1].saved_ms)
        return self._open(newest.id)

    def _open(self, identity: str) -> bool:
        """Edit what is kept under an id; return whether there is anything."""
        shelf = self.shelf
        if shelf is None:
            return False
        saved, draft = shelf.named(identity), shelf.drafts.get(identity)
        if saved is not None:
            self._editor.open(saved, edited=draft)
        elif draft is not None:
            self._editor.open(draft, is_saved=False)
        return saved is not None or draft is not None

    def _version_opened(self, strategy: Strategy) -> None:
        """An earlier version is an edit of the newest one, so it can be saved, or taken back."""
        shelf = self.shelf
        newest = None if shelf is None else shelf.named(strategy.id)
        if newest is None:
            self._editor.open(strategy)
            return
        editor, earlier = self._editor, replace(strategy, revision=newest.revision)
        if editor.strategy is not None and editor.strategy.id == newest.id:
            editor.replace(earlier)
        else:
            editor.open(newest, edited=earlier)

    def _saved(self, strategy: Strategy) -> None:
        self._editor.mark_saved(strategy)
        self.told.emit(
            _("‘{name}’ is saved as version {revision}.").format(
                name=strategy_words.of(strategy.name), revision=strategy.revision
            )
        )

    def _failed(self, problem: ShelfProblem) -> None:
        self.told.emit(strategy_words.shelf_problem(problem))
        self.changed.emit()

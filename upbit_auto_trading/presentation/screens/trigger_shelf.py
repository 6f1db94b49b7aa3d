"""The saved triggers joined to the editor: open, save, delete, put back, drafts, versions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject, QPoint, pyqtSignal

from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.expression import Group, GroupKind, comparisons
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.domain.trigger import MAX_NAME, Trigger, as_built, as_kept
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import trigger_list_words, trigger_menus
from upbit_auto_trading.presentation.viewmodels.trigger_store import TriggerStore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.domain.trigger import TriggerVersion
    from upbit_auto_trading.presentation.screens.trigger_words import TriggerWords
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.trigger_editor import TriggerEditor
    from upbit_auto_trading.presentation.widgets.trigger_list import TriggerList


class ShelfLink(QObject):
    """Opens, saves and lists triggers; what is edited is kept as a draft all the time.

    `told` carries sentences for the user, `shelf_changed` tells that the saved triggers did,
    `name_asked` that a name is to be typed, `copy_asked` that a trigger is to be copied.
    """

    told = pyqtSignal(str)
    shelf_changed = pyqtSignal()
    copy_asked = pyqtSignal(str)
    name_asked = pyqtSignal()

    def __init__(
        self, rows: TriggerList, editor: TriggerEditor, words: TriggerWords, theme: Theme
    ) -> None:
        super().__init__(rows)
        self._rows, self._editor, self._words, self._theme = rows, editor, words, theme
        self._deleted: Trigger | None = None
        self._menu_at = QPoint()
        self._named: object = None
        self.store: TriggerStore | None = None
        editor.changed.connect(self._edited)
        rows.opened.connect(self.open)
        rows.new_pressed.connect(self.new)
        rows.undo_pressed.connect(self.restore)
        rows.delete_asked.connect(self.delete)
        rows.rename_asked.connect(self._rename)
        rows.menu_asked.connect(self._open_menu)

    def attach(self, store: TriggerStore) -> None:
        """Read and write the triggers of a data folder."""
        self.store = store
        store.listed.connect(self._listed)
        store.saved.connect(self._saved)
        store.loaded.connect(self._loaded)
        store.deleted.connect(self._gone)
        store.versions_known.connect(self._show_versions)
        store.failed.connect(lambda error: self.told.emit(trigger_list_words.failure(error)))
        store.refresh()

    async def detach(self) -> None:
        """Let go of the folder once everything is kept."""
        store, self.store = self.store, None
        if store is not None:
            await store.close()
            store.deleteLater()

    @property
    def parts(self) -> Sequence[Trigger]:
        """The conditions kept for reuse."""
        triggers = self.store.listing.triggers if self.store else ()
        return [one for one in triggers if one.role is None]

    def part_of(self, identity: str) -> Expression | None:
        """Return the expression of a condition kept for reuse."""
        return next((one.expression for one in self.parts if one.id == identity), None)

    def new(self) -> None:
        """Begin a trigger."""
        empty = as_built(Group(GroupKind.ALL))
        self._editor.open(Trigger(TriggerStore.fresh_id(), "", empty, Role.ENTRY), None)
        self.name_asked.emit()

    def open(self, identity: str) -> None:
        """Edit a saved trigger, or go on with its draft."""
        if self.store is None or identity == self._editor.trigger.id:
            return
        saved, draft = self.store.named(identity), self.store.draft_of(identity)
        if draft is not None:
            self._editor.open(draft, saved)
        elif saved is not None:
            self._editor.open(saved, saved)
        self._show_rows()

    def save(self, *, is_sound: bool) -> None:
        """Save the trigger being edited; one that isn't sound is kept as a draft."""
        trigger = self._editor.kept
        if self.store is None:
            self.told.emit(trigger_list_words.no_folder())
        if self.store is None or not trigger.id:
            return
        if not is_sound:
            self.store.keep(trigger)
            self.told.emit(_("Kept as a draft. What is marked in red keeps it from being saved."))
            return
        trigger = replace(trigger, name=trigger.name.strip())
        self.store.save(trigger)

    def keep_part(self) -> None:
        """Keep the selected part of the tree among the conditions to reuse."""
        node = self._editor.node()
        if self.store is None or node is None or not comparisons(node):
            return
        kept = as_kept(node)
        said = "".join(span.text for span in self._words.sentences.fact(kept)).rstrip(".")
        names = [one.name for one in self.store.listing.triggers]
        name = trigger_list_words.free_name(said[: MAX_NAME - 6], names)
        self.store.save(Trigger(TriggerStore.fresh_id(), name, kept, None))

    def load_template(self) -> None:
        """Keep the triggers of the seven rules, and open the first; those that are there stay."""
        if self.store is None:
            self.told.emit(trigger_list_words.no_folder())
            return
        rules = sorted(shipped_template(SEVEN_RULES).strategy.rules, key=lambda one: one.number)
        triggers = [
            Trigger(
                f"seven-rules-{rule.id}".replace("_", "-"),
                f"{rule.number}. {self._words.words.of(rule.name)}",
                rule.trigger,
                rule.role,
                tags=(_("seven rules"),),
            )
            for rule in rules
        ]
        known = {one.id for one in self.store.listing.triggers}
        if triggers[0].id in known:
            self.open(triggers[0].id)
        else:
            self._editor.open(triggers[0], None)
            self._editor.saved_as(replace(triggers[0], revision=1))
        self.store.save_all([one for one in triggers if one.id not in known])

    def delete(self, identity: str) -> None:
        """Take a trigger out of the list."""
        if self.store is None:
            return
        trigger = self.store.named(identity) or self.store.draft_of(identity)
        if trigger is not None:
            self.store.delete(trigger)

    def restore(self) -> None:
        """Put the trigger that was deleted last back."""
        deleted, self._deleted = self._deleted, None
        self._rows.show_deleted("")
        if self.store is not None and deleted is not None:
            self.store.restore(deleted)

    def duplicate(self, identity: str) -> None:
        """Open a copy of a trigger under a name of its own."""
        source = self.trigger(identity)
        if source is not None:
            self.open_new(source)

    def trigger(self, identity: str) -> Trigger | None:
        """Return a trigger as it is saved, the one being edited as it stands."""
        if identity == self._editor.trigger.id:
            return self._editor.kept
        return None if self.store is None else self.store.named(identity)

    def open_new(self, source: Trigger) -> None:
        """Open a trigger from elsewhere under an id, and a name, of its own."""
        names = [one.name for one in self.store.listing.triggers] if self.store else []
        name = trigger_list_words.free_name(source.name, names)
        fresh = replace(source, id=TriggerStore.fresh_id(), name=name, revision=0)
        self._editor.open(fresh, None)
        if self.store is not None:
            self.store.keep(fresh)
            self.store.refresh()

    def drop_draft(self) -> None:
        """Go back to what is saved; a trigger that never was is closed."""
        editor = self._editor
        if self.store is None:
            return
        saved = self.store.named(editor.trigger.id)
        self.store.drop_draft(editor.trigger.id)
        if saved is not None:
            editor.open(saved, saved)
        else:
            self.close_editor()

    def close_editor(self) -> None:
        """Edit the next trigger of the list, or none where there is none."""
        triggers = self.store.listing.triggers if self.store else ()
        rest = [one for one in triggers if one.id != self._editor.trigger.id]
        if rest:
            self._editor.open(rest[0], rest[0])
        else:
            self._editor.open(Trigger("", "", as_built(Group(GroupKind.ALL)), None), None)
        self._show_rows()

    def ask_versions(self, at: QPoint) -> None:
        """Offer the earlier versions of the trigger being edited."""
        self._menu_at = at
        if self.store is not None:
            self.store.ask_versions(self._editor.trigger.id)

    def _edited(self) -> None:
        editor, store = self._editor, self.store
        if store is None or not editor.trigger.id:
            return
        has_content = bool(comparisons(editor.root) or editor.trigger.name.strip())
        if editor.is_changed and has_content:
            store.keep(editor.kept)
        elif store.draft_of(editor.trigger.id) is not None:
            store.drop_draft(editor.trigger.id)
        trigger = editor.trigger
        named = (trigger.id, trigger.name, trigger.role, trigger.tags, trigger.id in store.drafts)
        if named != self._named:
            self._named = named
            self._show_rows()

    def _listed(self) -> None:
        store = self.store
        if store is None:
            return
        if not self._editor.trigger.id:
            drafts = [one.trigger for one in store.listing.drafts]
            if drafts:
                self._editor.open(drafts[0], store.named(drafts[0].id))
                self.told.emit(_("Your unsaved edits are back."))
            elif store.listing.triggers:
                first = next(
                    (one for one in store.listing.triggers if one.role is not None),
                    store.listing.triggers[0],
                )
                self._editor.open(first, first)
        elif self._editor.is_changed and comparisons(self._editor.root):
            # Edited while no folder was there, or in the look before this one.
            store.keep(self._editor.kept)
        self._show_rows()
        self.shelf_changed.emit()

    def _saved(self, trigger: Trigger) -> None:
        if trigger.id == self._editor.trigger.id:
            self._editor.saved_as(trigger)
        uses = self.store.uses.get(trigger.id, ()) if self.store else ()
        self.told.emit(trigger_list_words.saved(trigger, uses))

    def _loaded(self, trigger: Trigger) -> None:
        editor = self._editor
        if trigger.id == editor.trigger.id:
            expression = as_built(trigger.expression)
            editor.take(replace(editor.trigger, expression=expression), editor.selection)

    def _gone(self, trigger: Trigger) -> None:
        self._deleted = trigger
        self._rows.show_deleted(trigger.name or _("Nameless"))
        if trigger.id == self._editor.trigger.id:
            self.close_editor()

    def _show_versions(self, identity: str, versions: Sequence[TriggerVersion]) -> None:
        if identity != self._editor.trigger.id:
            return
        entries = trigger_list_words.version_entries(versions)
        trigger_menus.open_menu(
            self._rows,
            self._theme,
            entries,
            lambda code: self._load_version(identity, int(code)),
            self._menu_at,
        )

    def _load_version(self, identity: str, revision: int) -> None:
        if self.store is not None:
            self.store.load(identity, revision)

    def _rename(self, identity: str) -> None:
        self.open(identity)
        self.name_asked.emit()

    def _open_menu(self, identity: str, at: QPoint) -> None:
        doings: dict[str, Callable[[str], Any]] = {
            "open": self.open,
            "rename": self._rename,
            "duplicate": self.duplicate,
            "copy": self.copy_asked.emit,
            "delete": self.delete,
        }
        entries = trigger_list_words.row_entries()
        trigger_menus.open_menu(
            self._rows, self._theme, entries, lambda code: doings[code](identity), at
        )

    def _show_rows(self) -> None:
        store = self.store
        if store is not None:
            self._rows.show_rows(
                trigger_list_words.rows(
                    store.listing, store.drafts, store.uses, self._editor.trigger, self._words
                )
            )

"""The steps of editing a trigger: how it stands, how it stood, what is saved of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.domain.expression import Group, GroupKind, comparisons, walk
from upbit_auto_trading.domain.trigger import Trigger, as_built, as_kept

if TYPE_CHECKING:
    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.domain.rule import Role


@dataclass(frozen=True, slots=True)
class Selection:
    """A node of the tree and a part of it: `left`, `comparator`, `right`, `upper` or none."""

    node: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class _Step:
    """How it was: the trigger, what was selected, and which typing the step belongs to."""

    trigger: Trigger
    selection: Selection
    typing: str = ""


class TriggerHistory(QObject):
    """One trigger at a time, and every step to how it stands; steps go back without a limit.

    `changed` tells of another tree, name, role, note or tag, `selected` of another selection.
    """

    changed = pyqtSignal()
    selected = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._trigger = Trigger("", "", as_built(Group(GroupKind.ALL)), None)
        self._saved: Trigger | None = None
        self._selection = Selection()
        self._past: list[_Step] = []
        self._future: list[_Step] = []

    @property
    def trigger(self) -> Trigger:
        """The trigger as it stands; its tree has a group for a root and an id on every node."""
        return self._trigger

    @property
    def kept(self) -> Trigger:
        """The trigger as it would be saved."""
        return replace(self._trigger, expression=as_kept(self._trigger.expression))

    @property
    def root(self) -> Expression:
        return self._trigger.expression

    @property
    def selection(self) -> Selection:
        return self._selection

    @property
    def is_changed(self) -> bool:
        """Whether it differs from what is saved."""
        return self._saved is None or self.kept != replace(
            self._saved, expression=as_kept(self._saved.expression)
        )

    @property
    def saved(self) -> Trigger | None:
        """The trigger as it is saved, None where it isn't."""
        return self._saved

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        return bool(self._future)

    def open(self, trigger: Trigger, saved: Trigger | None) -> None:
        """Edit a trigger; `saved` is how it is saved, None where it isn't. Steps are forgotten."""
        self._trigger = replace(trigger, expression=as_built(trigger.expression))
        self._saved = saved
        self._past.clear()
        self._future.clear()
        first = comparisons(self.root)
        self._selection = Selection(first[0].id if first else self.root.id)
        self.changed.emit()
        self.selected.emit()

    def saved_as(self, saved: Trigger) -> None:
        """Note what has been saved; edits made meanwhile stay."""
        self._saved = saved
        if self._trigger.id == saved.id:
            self._trigger = replace(self._trigger, revision=saved.revision)
        self.changed.emit()

    def select(self, node: str, part: str = "") -> None:
        """Select a node or a part of it."""
        if Selection(node, part) != self._selection:
            self._selection = Selection(node, part)
            self._end_typing()
            self.selected.emit()

    def describe(
        self,
        *,
        name: str | None = None,
        role: Role | None = None,
        note: str | None = None,
        tags: tuple[str, ...] | None = None,
    ) -> None:
        """Change what the trigger is called and meant for."""
        label = self._trigger
        changed = replace(
            label,
            name=label.name if name is None else name,
            role=label.role if role is None else role,
            note=label.note if note is None else note,
            tags=label.tags if tags is None else tags,
        )
        typing = "name" if name is not None else "note" if note is not None else ""
        self.take(changed, self._selection, typing)

    def undo(self) -> bool:
        """Take the newest step back."""
        return self._stepped(self._past, self._future)

    def redo(self) -> bool:
        """Take the newest step that was taken back again."""
        return self._stepped(self._future, self._past)

    def _stepped(self, source: list[_Step], target: list[_Step]) -> bool:
        if not source:
            return False
        step = source.pop()
        target.append(_Step(self._trigger, self._selection))
        # The version counts what is saved, which no step takes back.
        self._trigger = replace(step.trigger, revision=self._trigger.revision)
        self._selection = step.selection
        self.changed.emit()
        self.selected.emit()
        return True

    def take(self, trigger: Trigger, selection: Selection, typing: str = "") -> None:
        """Go on with this trigger; steps of the same `typing` in a row are one."""
        before = self._selection
        if trigger == self._trigger and _ids(trigger) == _ids(self._trigger):
            self.select(selection.node, selection.part)
            return
        goes_on = typing and self._past and self._past[-1].typing == typing
        if not goes_on:
            self._past.append(_Step(self._trigger, before, typing))
        self._future.clear()
        self._trigger = trigger
        known = {node.id for node in walk(trigger.expression)}
        self._selection = selection if selection.node in known else Selection(self.root.id)
        self.changed.emit()
        if self._selection != before:
            self.selected.emit()

    def _end_typing(self) -> None:
        if self._past and self._past[-1].typing:
            self._past[-1] = replace(self._past[-1], typing="")


def _ids(trigger: Trigger) -> list[str]:
    """The ids of the tree, in reading order: trees that mean the same may differ in them."""
    return [node.id for node in walk(trigger.expression)]

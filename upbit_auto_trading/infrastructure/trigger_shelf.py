"""Triggers and drafts in the strategy library."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.domain.trigger import (
    Trigger,
    TriggerDraft,
    TriggerListing,
    TriggerUse,
    TriggerVersion,
    UnreadableTrigger,
)
from upbit_auto_trading.domain.trigger_json import trigger_from_json, trigger_to_json
from upbit_auto_trading.infrastructure.persistence.strategy_store import (
    ReadOnlyStoreError,
    UnknownDocumentError,
)
from upbit_auto_trading.infrastructure.persistence.trigger_table import Label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.domain.variable import VariableRegistry
    from upbit_auto_trading.infrastructure.persistence.strategy_store import StrategyStore
    from upbit_auto_trading.infrastructure.strategy_library import StrategyLibrary

T = TypeVar("T")
_KIND = "trigger"


class SqliteTriggerShelf:
    """Fits the port `TriggerShelf`. What is damaged costs only itself."""

    def __init__(self, library: StrategyLibrary, registry: VariableRegistry) -> None:
        self._library = library
        self._registry = registry

    async def listing(self) -> TriggerListing:
        return await self._use(self._listing)

    async def load(self, identity: str, revision: int | None = None) -> Trigger:
        return await self._use(lambda store: _loaded(store, identity, revision))

    async def versions(self, identity: str) -> Sequence[TriggerVersion]:
        found = await self._use(lambda store: store.versions(_KIND, identity))
        return [TriggerVersion(one.version, one.saved_ms) for one in found]

    async def save(self, trigger: Trigger, now_ms: int) -> Trigger:
        def work(store: StrategyStore) -> Trigger:
            revision = store.save_trigger(trigger.id, trigger.name, trigger.expression, now_ms)
            store.labels.put(trigger.id, _label(trigger))
            store.drafts.drop(_KIND, trigger.id)
            return replace(trigger, revision=revision)

        return await self._use(work)

    async def delete(self, identity: str) -> None:
        def work(store: StrategyStore) -> None:
            store.require_writable()
            label = _label_of(store, identity)
            store.labels.put(identity, replace(label, is_deleted=True))
            store.drafts.drop(_KIND, identity)

        await self._use(work)

    async def restore(self, identity: str) -> None:
        def work(store: StrategyStore) -> None:
            store.require_writable()
            store.labels.mark_deleted(identity, is_deleted=False)

        await self._use(work)

    async def keep_draft(self, trigger: Trigger, now_ms: int) -> None:
        text = trigger_to_json(trigger)

        def work(store: StrategyStore) -> None:
            store.require_writable()
            store.drafts.put(_KIND, trigger.id, text, now_ms)

        await self._use(work)

    async def drop_draft(self, identity: str) -> None:
        def work(store: StrategyStore) -> None:
            store.require_writable()
            store.drafts.drop(_KIND, identity)

        await self._use(work)

    async def uses(self) -> Mapping[str, Sequence[TriggerUse]]:
        return await self._use(_uses)

    async def _use(self, work: Callable[[StrategyStore], T]) -> T:
        try:
            return await self._library.use(work)
        except ReadOnlyStoreError as error:
            raise LedgerError("read_only", "strategies.sqlite3", str(error)) from error

    def _listing(self, store: StrategyStore) -> TriggerListing:
        labels = store.labels.labels()
        triggers: list[Trigger] = []
        unreadable: list[UnreadableTrigger] = []
        for version in store.versions(_KIND):
            label = labels.get(version.id)
            if label is not None and label.is_deleted:
                continue
            name = version.name if label is None else label.name
            try:
                triggers.append(_loaded(store, version.id, version.version))
            except InvalidDocumentError as error:
                unreadable.append(UnreadableTrigger(version.id, name, error.path))
        drafts: list[TriggerDraft] = []
        for identity, text, saved_ms in store.drafts.all(_KIND):
            try:
                draft = trigger_from_json(text, self._registry, is_draft=True)
                drafts.append(TriggerDraft(draft, saved_ms))
            except InvalidDocumentError as error:
                unreadable.append(UnreadableTrigger(identity, "", error.path))
        triggers.sort(key=lambda trigger: (trigger.name.casefold(), trigger.id))
        return TriggerListing(tuple(triggers), tuple(drafts), tuple(unreadable))


def _label(trigger: Trigger) -> Label:
    role = "" if trigger.role is None else trigger.role.value
    return Label(trigger.name, role, trigger.note, trigger.tags)


def _label_of(store: StrategyStore, identity: str) -> Label:
    """Return a trigger's label; one that was saved without any is an entry's."""
    label = store.labels.labels().get(identity)
    if label is not None:
        return label
    versions = store.versions(_KIND, identity)
    if not versions:
        raise UnknownDocumentError(_KIND, identity, None)
    return Label(versions[-1].name, Role.ENTRY.value, "", ())


def _loaded(store: StrategyStore, identity: str, revision: int | None) -> Trigger:
    expression = store.trigger(identity, revision)
    label = _label_of(store, identity)
    role = Role(label.role) if label.role else None
    number = store.versions(_KIND, identity)[-1].version if revision is None else revision
    return Trigger(identity, label.name, expression, role, label.note, label.tags, number)


def _every_version(store: StrategyStore) -> Iterator[tuple[str, int, Expression]]:
    for found in store.versions(_KIND):
        for one in store.versions(_KIND, found.id):
            with suppress(InvalidDocumentError):
                yield found.id, one.version, store.trigger(found.id, one.version)


def _uses(store: StrategyStore) -> dict[str, list[TriggerUse]]:
    """A strategy holds copies: a rule uses a trigger where it has one of its versions."""
    versions = list(_every_version(store))
    uses: dict[str, list[TriggerUse]] = {}
    for found in store.versions("strategy"):
        try:
            strategy = store.strategy(found.id)
        except InvalidDocumentError:
            continue
        for rule in strategy.rules:
            same = {
                identity: number
                for identity, number, expression in versions
                if expression == rule.trigger
            }
            for identity, number in same.items():
                use = TriggerUse(strategy.id, found.name, rule.id, number)
                uses.setdefault(identity, []).append(use)
    return uses

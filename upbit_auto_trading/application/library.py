"""Where triggers and strategies are kept, as the window and its services see it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from upbit_auto_trading.domain.document import InvalidDocumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.domain.strategy import Strategy

T = TypeVar("T")
_log = logging.getLogger(__name__)


class SavedVersion(Protocol):
    """One saved version of a trigger or strategy; `saved_ms` in epoch milliseconds."""

    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def saved_ms(self) -> int: ...


class SavedRun(Protocol):
    """One kept run of a strategy's version."""

    @property
    def strategy(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def market(self) -> str: ...
    @property
    def started_ms(self) -> int: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


class Shelf(Protocol):
    """What is saved, reached in a thread of its own; a changed document is a new version.

    Changing anything raises `Exception` subclasses of the store where the file can't be changed.
    """

    def save_trigger(self, identity: str, name: str, trigger: Expression, now_ms: int) -> int: ...
    def trigger(self, identity: str, version: int | None = None) -> Expression: ...
    def save_strategy(self, strategy: Strategy, now_ms: int) -> Strategy: ...
    def strategy(self, identity: str, version: int | None = None) -> Strategy: ...
    def import_strategy(self, document: str | bytes, now_ms: int) -> Strategy: ...
    def keep_draft(self, strategy: Strategy, now_ms: int) -> None: ...
    def drop_draft(self, identity: str) -> None: ...
    def drafted(self) -> Sequence[Strategy]: ...
    def export_strategy(self, identity: str, version: int | None = None) -> str: ...
    def versions(self, kind: str, identity: str | None = None) -> Sequence[SavedVersion]: ...
    def runs(self, strategy_id: str | None = None) -> Sequence[SavedRun]: ...


class Library(Protocol):
    """The triggers and strategies of the data folder, the same for every exchange."""

    @property
    def is_read_only(self) -> bool:
        """Whether a newer version of the program wrote the file."""
        ...

    async def use(self, work: Callable[[Shelf], T]) -> T:
        """Return what `work` makes of the shelf, in the shelf's thread.

        Raises:
            LedgerError: the disk doesn't let it; besides what `work` itself raises.
        """
        ...


def newest_strategies(shelf: Shelf) -> list[Strategy]:
    """Return each strategy in its newest version, the one saved last first.

    One that can't be read is left out and logged.
    """
    found = []
    for newest in sorted(shelf.versions("strategy"), key=lambda one: -one.saved_ms):
        try:
            found.append(shelf.strategy(newest.id))
        except InvalidDocumentError as error:
            _log.warning("E-STRATEGY: %s can't be read: %s", newest.id, error)
    return found

"""What the trigger builder needs from outside: a shelf that keeps triggers and drafts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from upbit_auto_trading.domain.trigger import (
        Trigger,
        TriggerListing,
        TriggerUse,
        TriggerVersion,
    )


class TriggerShelf(Protocol):
    """Keeps triggers, their versions and drafts.

    Every method raises LedgerError when the disk doesn't let it, and LookupError for an id, or a
    version, that isn't there.
    """

    async def listing(self) -> TriggerListing:
        """Return everything kept, deleted triggers left out."""
        ...

    async def load(self, identity: str, revision: int | None = None) -> Trigger:
        """Return a trigger, its newest version if none is given; deleted ones, too."""
        ...

    async def versions(self, identity: str) -> Sequence[TriggerVersion]:
        """Return a trigger's versions, oldest first."""
        ...

    async def save(self, trigger: Trigger, now_ms: int) -> Trigger:
        """Keep a trigger and drop its draft; return it with its version.

        The version is the same as before where the expression is.
        """
        ...

    async def delete(self, identity: str) -> None:
        """Take a trigger and its draft out of the list; its versions stay."""
        ...

    async def restore(self, identity: str) -> None:
        """Put a deleted trigger back into the list."""
        ...

    async def keep_draft(self, trigger: Trigger, now_ms: int) -> None:
        """Keep how far the editing of a trigger has come."""
        ...

    async def drop_draft(self, identity: str) -> None:
        """Forget a draft. Harmless where there is none."""
        ...

    async def uses(self) -> Mapping[str, Sequence[TriggerUse]]:
        """Return the rules of strategies that have a trigger of the list, by the trigger's id."""
        ...

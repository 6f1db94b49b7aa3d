"""Triggers: named expressions as a trader keeps them; drafts of them; where they are used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.expression import MAX_DEPTH, Group, GroupKind, depth, with_ids

if TYPE_CHECKING:
    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.domain.rule import Role

MAX_NAME: Final = 80
MAX_NOTE: Final = 2_000
MAX_TAGS: Final = 12
MAX_TAG: Final = 30


@dataclass(frozen=True, slots=True)
class Trigger:
    """A named expression.

    `role` is what it is meant for, None for a condition that is kept to be put into triggers.
    `revision` counts the versions of the expression, 0 before the first one was saved.
    """

    id: str
    name: str
    expression: Expression
    role: Role | None
    note: str = ""
    tags: tuple[str, ...] = ()
    revision: int = 0


@dataclass(frozen=True, slots=True)
class TriggerDraft:
    """A trigger as it was being edited; its expression may be unfinished. Epoch ms."""

    trigger: Trigger
    saved_ms: int


@dataclass(frozen=True, slots=True)
class TriggerVersion:
    """One saved version of a trigger's expression. Epoch ms."""

    revision: int
    saved_ms: int


@dataclass(frozen=True, slots=True)
class TriggerUse:
    """A rule of a strategy whose trigger is this one in the version `revision`."""

    strategy: str
    strategy_name: str
    rule: str
    revision: int


@dataclass(frozen=True, slots=True)
class UnreadableTrigger:
    """A saved trigger that can't be taken in, and the path of the field that is wrong."""

    id: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class TriggerListing:
    """What is kept: triggers by name, drafts newest first, and what can't be read."""

    triggers: tuple[Trigger, ...]
    drafts: tuple[TriggerDraft, ...] = ()
    unreadable: tuple[UnreadableTrigger, ...] = ()


def as_built(expression: Expression) -> Group:
    """Return the tree as a builder shows it: the root is a group to add to, all nodes have ids."""
    is_open = isinstance(expression, Group) and expression.kind is not GroupKind.NOT
    if not is_open and depth(expression) < MAX_DEPTH:
        expression = Group(GroupKind.ALL, (expression,))
    built = with_ids(expression)
    assert isinstance(built, Group)  # noqa: S101 -- ids change no kind
    return built


def as_kept(expression: Expression) -> Expression:
    """Return the tree as it is saved: a root that joins a lone child is left out."""
    while (
        isinstance(expression, Group)
        and expression.kind in (GroupKind.ALL, GroupKind.ANY)
        and len(expression.children) == 1
    ):
        expression = expression.children[0]
    return expression

"""A strategy: rules in the order in which they may act."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from upbit_auto_trading.domain.rule import EnterMode, Rule

if TYPE_CHECKING:
    from decimal import Decimal

    from upbit_auto_trading.domain.variable import Words


class InvalidStrategyError(ValueError):
    """A strategy that contradicts itself. `path` is the offending field, `reason` a code."""

    def __init__(self, path: str, reason: str, value: object = None) -> None:
        super().__init__(f"{path}: {reason}" + ("" if value is None else f" ({value!r})"))
        self.path = path
        self.reason = reason
        self.value = value


@dataclass(frozen=True, slots=True)
class Strategy:
    """Rules in acting order: the first one whose order is placed orders alone in that tick.

    `allocation` is the capital set aside for it in the quote currency, None for all cash;
    `revision` counts its saved versions. With `profit_includes_fees` a profit is what selling
    would bring after the fees of both ways; without, it is the price against the average price.

    Raises:
        InvalidStrategyError: two rules share an id, or a mode names a rule that isn't there.
    """

    id: str
    name: Words
    rules: tuple[Rule, ...]
    allocation: Decimal | None = None
    revision: int = 1
    note: str = ""
    tags: tuple[str, ...] = field(default=())
    profit_includes_fees: bool = False

    def __post_init__(self) -> None:
        known: set[str] = set()
        for place, rule in enumerate(self.rules):
            if rule.id in known:
                raise InvalidStrategyError(f"rules[{place}].id", "duplicate", rule.id)
            known.add(rule.id)
        for place, rule in enumerate(self.rules):
            if isinstance(rule.action, EnterMode):
                for name in ("suspends", "arms"):
                    for target in getattr(rule.action, name):
                        if target not in known:
                            raise InvalidStrategyError(
                                f"rules[{place}].action.{name}", "unknown_rule", target
                            )

    def rule(self, identity: str) -> Rule:
        """Return the rule with that id.

        Raises:
            LookupError: there is none.
        """
        for rule in self.rules:
            if rule.id == identity:
                return rule
        raise LookupError(identity)

    def with_rule(self, changed: Rule) -> Strategy:
        """Return the strategy with the rule of the same id replaced."""
        self.rule(changed.id)
        rules = tuple(changed if rule.id == changed.id else rule for rule in self.rules)
        return replace(self, rules=rules)

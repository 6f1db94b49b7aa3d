"""Strategies as versioned JSON: written exactly, read strictly, every wrong field named."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.domain.document import DocumentProblem, Fields, InvalidDocumentError
from upbit_auto_trading.domain.expression import Expression, operands
from upbit_auto_trading.domain.expression_json import ExpressionReader, expression_data
from upbit_auto_trading.domain.rule import (
    Action,
    BuyAmount,
    BuyPercent,
    EnterMode,
    Firing,
    Notify,
    Role,
    Rule,
    Sell,
)
from upbit_auto_trading.domain.strategy import InvalidStrategyError, Strategy
from upbit_auto_trading.domain.strict_json import read_json
from upbit_auto_trading.domain.variable import ParameterKind, VariableRegistry, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VERSION: Final = 1
MAX_RULES: Final = 50
_LONGEST_MS: Final = 366 * 86_400_000
_MOST: Final = 1_000_000
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_AMOUNT: Final = re.compile(r"[0-9]{1,16}(\.[0-9]{1,24})?")


def strategy_to_json(strategy: Strategy) -> str:
    """Return the strategy as a JSON document."""
    document = {"version": VERSION, "strategy": strategy_data(strategy)}
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)


def strategy_from_json(document: str | bytes, registry: VariableRegistry) -> Strategy:
    """Return the strategy of a JSON document, equal to the one that was written.

    Raises:
        InvalidDocumentError: the document isn't one, with the path of the offending field.
    """
    fields = Fields("", read_json(document))
    fields.version(VERSION)
    strategy = read_strategy("strategy", fields.take("strategy"), registry)
    fields.finish()
    return strategy


def strategy_data(strategy: Strategy) -> dict[str, Any]:
    """Return the strategy as plain data; what equals its default is left out."""
    data: dict[str, Any] = {"id": strategy.id, "name": _words_data(strategy.name)}
    if strategy.revision != 1:
        data["revision"] = strategy.revision
    if strategy.allocation is not None:
        data["allocation"] = str(strategy.allocation)
    if strategy.note:
        data["note"] = strategy.note
    if strategy.tags:
        data["tags"] = list(strategy.tags)
    if strategy.profit_includes_fees:
        data["profit_includes_fees"] = True
    data["rules"] = [rule_data(rule) for rule in strategy.rules]
    return data


def rule_data(rule: Rule) -> dict[str, Any]:
    """Return a rule as plain data; what equals its default is left out."""
    data: dict[str, Any] = {
        "id": rule.id,
        "number": rule.number,
        "name": _words_data(rule.name),
        "role": rule.role.value,
        "trigger": expression_data(rule.trigger),
        "action": _action_data(rule.action),
    }
    if rule.firing is not Firing.EDGE:
        data["firing"] = rule.firing.value
    if rule.arming is not None:
        data["arming"] = expression_data(rule.arming)
    if rule.limit is not None:
        data["limit"] = rule.limit
    if rule.cooldown_ms:
        data["cooldown_ms"] = rule.cooldown_ms
    if rule.blocks_entry_ms:
        data["blocks_entry_ms"] = rule.blocks_entry_ms
    if not rule.enabled:
        data["enabled"] = False
    if rule.note:
        data["note"] = rule.note
    return data


def _words_data(words: Words) -> dict[str, str]:
    return {"korean": words.korean, "english": words.english}


def _action_data(action: Action) -> dict[str, Any]:
    if isinstance(action, BuyAmount):
        return {"kind": "buy_amount", "amount": str(action.amount)}
    if isinstance(action, BuyPercent):
        return {"kind": "buy_percent", "percent": action.percent}
    if isinstance(action, Sell):
        return {
            "kind": "sell",
            "percent": action.percent,
            "cancels_orders": action.cancels_orders,
        }
    if isinstance(action, EnterMode):
        return {
            "kind": "enter_mode",
            "mode": action.mode,
            "suspends": list(action.suspends),
            "arms": list(action.arms),
        }
    return {"kind": "notify", "text": action.text}


def read_strategy(path: str, data: object, registry: VariableRegistry) -> Strategy:
    """Return the strategy that plain data at `path` describes.

    Raises:
        InvalidDocumentError: a field is missing, unknown or out of its range.
    """
    fields = Fields(path, data)
    reader = ExpressionReader(registry)
    identity = _identity(fields, "id")
    name = _words(fields, "name")
    revision = fields.whole("revision", 1, lowest=1, highest=_MOST)
    allocation = _amount(fields, "allocation") if "allocation" in fields else None
    note = fields.text("note", "")
    tags = tuple(_text(where, item) for where, item in fields.items("tags", 20))
    with_fees = fields.flag("profit_includes_fees", default=False)
    items = fields.items("rules", MAX_RULES)
    fields.finish()
    rules = tuple(_rule(Fields(where, item), reader) for where, item in items)
    try:
        strategy = Strategy(identity, name, rules, allocation, revision, note, tags, with_fees)
    except InvalidStrategyError as error:
        problem = (
            DocumentProblem.DUPLICATE
            if error.reason == "duplicate"
            else DocumentProblem.UNKNOWN_NAME
        )
        raise InvalidDocumentError(f"{path}.{error.path}", problem, "a rule's own id") from None
    _check_rule_names(path, strategy, registry)
    return strategy


def _check_rule_names(path: str, strategy: Strategy, registry: VariableRegistry) -> None:
    known = {rule.id for rule in strategy.rules}
    for place, rule in enumerate(strategy.rules):
        for name, expression in (("trigger", rule.trigger), ("arming", rule.arming)):
            for operand in () if expression is None else operands(expression):
                for parameter in registry[operand.variable].parameters:
                    named = operand.parameter(parameter.name)
                    if parameter.kind is ParameterKind.RULE and named not in known:
                        where = f"{path}.rules[{place}].{name}: {operand.variable}.rule"
                        raise InvalidDocumentError(
                            where, DocumentProblem.UNKNOWN_NAME, "the id of a rule"
                        )


def _rule(fields: Fields, reader: ExpressionReader) -> Rule:
    action = Fields(fields.at("action"), fields.take("action"))
    arming: Expression | None = None
    trigger = reader.read(fields.at("trigger"), fields.take("trigger"))
    if "arming" in fields:
        arming = reader.read(fields.at("arming"), fields.take("arming"))
    limit = fields.whole("limit", lowest=0, highest=_MOST) if "limit" in fields else None
    rule = Rule(
        id=_identity(fields, "id"),
        number=fields.whole("number", lowest=1, highest=_MOST),
        name=_words(fields, "name"),
        role=fields.one_of("role", Role),
        trigger=trigger,
        action=_action(action),
        firing=fields.one_of("firing", Firing, Firing.EDGE),
        arming=arming,
        limit=limit,
        cooldown_ms=fields.whole("cooldown_ms", 0, lowest=0, highest=_LONGEST_MS),
        blocks_entry_ms=fields.whole("blocks_entry_ms", 0, lowest=0, highest=_LONGEST_MS),
        enabled=fields.flag("enabled", default=True),
        note=fields.text("note", ""),
    )
    fields.finish()
    return rule


def _action(fields: Fields) -> Action:
    kind = fields.text("kind", longest=40)
    if kind not in _ACTIONS:
        raise fields.refuse("kind", DocumentProblem.UNKNOWN_NAME, "one of " + ", ".join(_ACTIONS))
    action = _ACTIONS[kind](fields)
    fields.finish()
    return action


def _percent(fields: Fields) -> float:
    percent = fields.number("percent", lowest=0.0, highest=100.0)
    if not percent:
        raise fields.refuse("percent", DocumentProblem.OUT_OF_RANGE, "more than 0")
    return float(percent)


def _enter_mode(fields: Fields) -> EnterMode:
    return EnterMode(
        _identity(fields, "mode"),
        tuple(_text(where, item) for where, item in fields.items("suspends", MAX_RULES)),
        tuple(_text(where, item) for where, item in fields.items("arms", MAX_RULES)),
    )


_ACTIONS: Final[Mapping[str, Callable[[Fields], Action]]] = {
    "buy_amount": lambda fields: BuyAmount(_amount(fields, "amount")),
    "buy_percent": lambda fields: BuyPercent(_percent(fields)),
    "sell": lambda fields: Sell(_percent(fields), fields.flag("cancels_orders", default=False)),
    "enter_mode": _enter_mode,
    "notify": lambda fields: Notify(fields.text("text", "")),
}


def _identity(fields: Fields, name: str) -> str:
    text = fields.text(name, longest=64)
    if _ID.fullmatch(text) is None:
        raise fields.refuse(name, DocumentProblem.OUT_OF_RANGE, "letters, digits, - and _")
    return text


def _words(fields: Fields, name: str) -> Words:
    words = Fields(fields.at(name), fields.take(name))
    result = Words(words.text("korean", longest=200), words.text("english", longest=200))
    words.finish()
    return result


def _amount(fields: Fields, name: str) -> Decimal:
    text = fields.text(name, longest=50)
    if _AMOUNT.fullmatch(text) is None:
        raise fields.refuse(name, DocumentProblem.OUT_OF_RANGE, "a decimal amount in quotes")
    return Decimal(text)


def _text(path: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidDocumentError(path, DocumentProblem.WRONG_TYPE, "a text")
    if not value.strip() or len(value) > 200:
        raise InvalidDocumentError(path, DocumentProblem.OUT_OF_RANGE, "1 to 200 characters")
    return value

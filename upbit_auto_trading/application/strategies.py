"""The strategies that ship with the product: templates, and the numbers one fills in."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.document import DocumentProblem, Fields, InvalidDocumentError
from upbit_auto_trading.domain.strategy_json import read_strategy, strategy_data
from upbit_auto_trading.domain.strict_json import read_json
from upbit_auto_trading.domain.timeframe import TIMEFRAMES
from upbit_auto_trading.resources import resource_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from upbit_auto_trading.domain.strategy import Strategy

SEVEN_RULES: Final = "seven_rules"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class TemplateParameter:
    """A number of a template: where it goes, as which kind, within which bounds.

    `fields` are paths from the rule's id, such as `entry.trigger.right.constant`. Kinds:
    `number`, `negative` (stored with the other sign), `whole`, `milliseconds` (given in
    seconds), `timeframe` (given in seconds), `amount` (decimal text).
    """

    name: str
    kind: str
    fields: tuple[str, ...]
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class StrategyTemplate:
    """A strategy as data with the numbers that can be given by name."""

    data: Mapping[str, Any]
    parameters: tuple[TemplateParameter, ...]

    @property
    def strategy(self) -> Strategy:
        """The strategy with its default numbers."""
        return read_strategy("strategy", self.data, shipped_variables())

    def filled(self, values: Mapping[str, object], path: str = "params") -> Strategy:
        """Return the strategy with `values` in place of its defaults.

        Raises:
            InvalidDocumentError: a value isn't a parameter's, or is out of its bounds.
        """
        data = copy.deepcopy(dict(self.data))
        rules = {rule["id"]: rule for rule in data["rules"]}
        known = {parameter.name: parameter for parameter in self.parameters}
        for name, given in values.items():
            where = f"{path}.{name}"
            if name not in known:
                raise InvalidDocumentError(where, DocumentProblem.UNKNOWN_FIELD, "no such field")
            stored = _stored(where, known[name], given)
            for field in known[name].fields:
                _put(rules, field, stored)
        return read_strategy("strategy", data, shipped_variables())


@cache
def shipped_template(name: str) -> StrategyTemplate:
    """Return a template of `resources/templates`, read once.

    Raises:
        OSError: there is no such template.
        InvalidDocumentError: a field of it is wrong.
    """
    document = resource_path("templates", f"{name}.json").read_bytes()
    fields = Fields("", read_json(document))
    fields.version(_VERSION)
    strategy = fields.take("strategy")
    table = Fields("parameters", fields.take("parameters"))
    fields.finish()
    if not isinstance(strategy, dict):
        raise InvalidDocumentError("strategy", DocumentProblem.WRONG_TYPE, "a table of fields")
    names = list(read_json(document)["parameters"])
    parameters = tuple(_parameter(each, Fields(table.at(each), table.take(each))) for each in names)
    template = StrategyTemplate(strategy, parameters)
    read_strategy("strategy", strategy, shipped_variables())
    return template


def template_of(strategy: Strategy, name: str = SEVEN_RULES) -> StrategyTemplate:
    """Return a strategy as a template with those parameters of a shipped one that it has."""
    data = strategy_data(strategy)
    rules = {rule["id"]: rule for rule in data["rules"]}
    kept = [
        parameter
        for parameter in shipped_template(name).parameters
        if all(_has(rules, field) for field in parameter.fields)
    ]
    return StrategyTemplate(data, tuple(kept))


def _has(rules: Mapping[str, Any], field: str) -> bool:
    node: Any = rules
    for step in field.split("."):
        try:
            node = node[int(step)] if isinstance(node, list) else node[step]
        except (LookupError, TypeError, ValueError):
            return False
    return True


def _parameter(name: str, fields: Fields) -> TemplateParameter:
    kind = fields.text("kind")
    lowest = fields.number("lowest", 0)
    highest = fields.number("highest", float(10**15))
    paths = tuple(str(item) for _, item in fields.items("fields"))
    fields.finish()
    return TemplateParameter(name, kind, paths, lowest, highest)


def _put(rules: Mapping[str, Any], field: str, value: object) -> None:
    *way, last = field.split(".")
    node: Any = rules
    for step in way:
        node = node[int(step)] if isinstance(node, list) else node[step]
    node[last] = value


def _stored(where: str, parameter: TemplateParameter, given: object) -> object:
    if parameter.kind == "amount":
        return format(decimal_of(where, given), "f")
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise InvalidDocumentError(where, DocumentProblem.WRONG_TYPE, "a number")
    if parameter.kind == "timeframe":
        return _timeframe_code(where, given)
    if not parameter.lowest <= given <= parameter.highest:
        expected = f"a number from {parameter.lowest:g} to {parameter.highest:g}"
        raise InvalidDocumentError(where, DocumentProblem.OUT_OF_RANGE, expected)
    if parameter.kind == "whole" and given != int(given):
        raise InvalidDocumentError(where, DocumentProblem.WRONG_TYPE, "a whole number")
    return _KINDS[parameter.kind](given)


_KINDS: Final[Mapping[str, Callable[[float], float]]] = {
    "number": float,
    "negative": lambda given: -float(given),
    "whole": int,
    "milliseconds": lambda given: round(given * 1000),
}


def _timeframe_code(where: str, seconds: float) -> str:
    for timeframe in TIMEFRAMES.values():
        if timeframe.is_fixed and timeframe.seconds == seconds:
            return timeframe.code
    known = ", ".join(str(t.seconds) for t in TIMEFRAMES.values() if t.is_fixed)
    raise InvalidDocumentError(where, DocumentProblem.OUT_OF_RANGE, f"one of {known}")


def decimal_of(where: str, given: object) -> Decimal:
    """Return an amount given as decimal text or as a number, exactly as it was written.

    Raises:
        InvalidDocumentError: it is neither, negative, or not finite.
    """
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise InvalidDocumentError(where, DocumentProblem.WRONG_TYPE, "a decimal amount")
    try:
        amount = Decimal(given if isinstance(given, str) else repr(given))
    except InvalidOperation:
        raise InvalidDocumentError(where, DocumentProblem.WRONG_TYPE, "a decimal amount") from None
    if not amount.is_finite() or not 0 <= amount <= 10**15:
        raise InvalidDocumentError(
            where, DocumentProblem.OUT_OF_RANGE, "an amount from 0 to 1000000000000000"
        )
    return amount

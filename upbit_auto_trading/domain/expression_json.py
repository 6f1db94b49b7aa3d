"""Expressions as versioned JSON: written exactly, read strictly, every wrong field named."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from upbit_auto_trading.domain.document import (
    DocumentProblem,
    Fields,
    InvalidDocumentError,
    checked_number,
)
from upbit_auto_trading.domain.expression import (
    MAX_BARS,
    MAX_CONDITIONS,
    MAX_DEPTH,
    MAX_NUMBER,
    MAX_OFFSET,
    RANGES,
    SLOPES,
    SPANS,
    TOLERANCES,
    Bar,
    Comparator,
    Comparison,
    Constant,
    Expression,
    Group,
    GroupKind,
    Operand,
    ParameterValue,
    VariableOperand,
)
from upbit_auto_trading.domain.strict_json import read_json
from upbit_auto_trading.domain.variable import (
    InvalidOperandError,
    UnknownVariableError,
    VariableRegistry,
)

VERSION: Final = 1
MAX_NODES: Final = 500
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def expression_to_json(expression: Expression) -> str:
    """Return the expression as a JSON document."""
    document = {"version": VERSION, "expression": expression_data(expression)}
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)


def expression_from_json(document: str | bytes, registry: VariableRegistry) -> Expression:
    """Return the expression of a JSON document, equal to the one that was written, ids included.

    Raises:
        InvalidDocumentError: the document isn't one, with the path of the offending field.
    """
    fields = Fields("", read_json(document))
    fields.version(VERSION)
    expression = ExpressionReader(registry).read("expression", fields.take("expression"))
    fields.finish()
    return expression


def expression_data(expression: Expression) -> dict[str, Any]:
    """Return the expression as plain data; what equals its default is left out."""
    data: dict[str, Any] = {"id": expression.id} if expression.id else {}
    if isinstance(expression, Group):
        data["group"] = expression.kind.value
        if expression.kind is GroupKind.AT_LEAST:
            data["needed"] = expression.needed
        data["children"] = [expression_data(child) for child in expression.children]
        return data
    data["left"] = _operand_data(expression.left)
    data["is"] = expression.comparator.value
    for name, operand in (("right", expression.right), ("upper", expression.upper)):
        if operand is not None:
            data[name] = _operand_data(operand)
    if expression.span != 1:
        data["span"] = expression.span
    if expression.tolerance:
        data["tolerance"] = expression.tolerance
    if expression.for_bars != 1:
        data["for_bars"] = expression.for_bars
    return data


def _operand_data(operand: Operand) -> dict[str, Any]:
    if isinstance(operand, Constant):
        return {"constant": operand.value}
    data: dict[str, Any] = {"variable": operand.variable}
    if operand.parameters:
        data["parameters"] = dict(operand.parameters)
    if operand.timeframe is not None:
        data["timeframe"] = operand.timeframe
        data["bar"] = operand.bar.value
    elif operand.bar is not Bar.CLOSED:
        data["bar"] = operand.bar.value
    if operand.offset:
        data["offset"] = operand.offset
    if operand.multiplier != 1.0:
        data["multiplier"] = operand.multiplier
    return data


class ExpressionReader:
    """Reads the expressions of one document: ids and the number of nodes count across all of them.

    Comparisons of different units are taken in: the builder shows what is wrong with them. With
    `takes_empty_groups` groups without children are, too, as drafts have them.
    """

    def __init__(self, registry: VariableRegistry, *, takes_empty_groups: bool = False) -> None:
        self._registry = registry
        self._takes_empty_groups = takes_empty_groups
        self._nodes = 0

    def read(self, path: str, data: object) -> Expression:
        """Return the expression at `path`.

        Raises:
            InvalidDocumentError: a field is missing, unknown or out of its range.
        """
        ids: set[str] = set()
        expression, conditions = self._node(path, data, 1, ids)
        if conditions > MAX_CONDITIONS:
            raise InvalidDocumentError(
                path, DocumentProblem.TOO_MANY, f"at most {MAX_CONDITIONS} conditions"
            )
        return expression

    def _node(self, path: str, data: object, level: int, ids: set[str]) -> tuple[Expression, int]:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise InvalidDocumentError(
                path, DocumentProblem.TOO_MANY, f"at most {MAX_NODES} conditions and groups"
            )
        fields = Fields(path, data)
        identity = fields.text("id", "")
        if identity and _ID.fullmatch(identity) is None:
            raise fields.refuse("id", DocumentProblem.OUT_OF_RANGE, "letters, digits, - and _")
        if identity in ids:
            raise fields.refuse("id", DocumentProblem.DUPLICATE, "each id once")
        if identity:
            ids.add(identity)
        if "group" not in fields:
            return self._comparison(fields, identity), 1
        if level > MAX_DEPTH:
            raise InvalidDocumentError(
                path, DocumentProblem.TOO_DEEP, f"at most {MAX_DEPTH} levels of groups"
            )
        return self._group(fields, identity, level, ids)

    def _group(
        self, fields: Fields, identity: str, level: int, ids: set[str]
    ) -> tuple[Expression, int]:
        kind = fields.one_of("group", GroupKind)
        items = fields.items("children")
        needed = 1
        if kind is GroupKind.AT_LEAST:
            needed = fields.whole("needed", lowest=1, highest=MAX_CONDITIONS)
        if not items and not self._takes_empty_groups:
            raise fields.refuse("children", DocumentProblem.OUT_OF_RANGE, "a condition or more")
        if kind is GroupKind.NOT and len(items) > 1:
            raise fields.refuse("children", DocumentProblem.OUT_OF_RANGE, "exactly one item")
        if items and needed > len(items):
            raise fields.refuse("needed", DocumentProblem.OUT_OF_RANGE, f"at most {len(items)}")
        fields.finish()
        read = [self._node(where, item, level + 1, ids) for where, item in items]
        children = tuple(child for child, _ in read)
        return Group(kind, children, needed, identity), sum(count for _, count in read)

    def _comparison(self, fields: Fields, identity: str) -> Comparison:
        left = self._operand(fields.at("left"), fields.take("left"))
        if isinstance(left, Constant):
            raise fields.refuse("left", DocumentProblem.WRONG_TYPE, "a variable")
        comparator = fields.one_of("is", Comparator)
        right = upper = None
        if comparator not in SLOPES:
            right = self._operand(fields.at("right"), fields.take("right"))
        if comparator in RANGES:
            upper = self._operand(fields.at("upper"), fields.take("upper"))
        span, tolerance = 1, 0.0
        if comparator in SPANS:
            span = fields.whole("span", 1, lowest=1, highest=MAX_BARS)
        if comparator in TOLERANCES:
            tolerance = fields.number("tolerance", 0.0, lowest=0.0, highest=MAX_NUMBER)
        for_bars = fields.whole("for_bars", 1, lowest=1, highest=MAX_BARS)
        fields.finish()
        return Comparison(left, comparator, right, upper, span, tolerance, for_bars, identity)

    def _operand(self, path: str, data: object) -> Operand:
        fields = Fields(path, data)
        if "constant" in fields:
            value = fields.number("constant", lowest=-MAX_NUMBER, highest=MAX_NUMBER)
            fields.finish()
            return Constant(value)
        name = fields.text("variable", longest=100)
        operand = VariableOperand(
            name,
            _parameters(fields),
            fields.text("timeframe", longest=10) if "timeframe" in fields else None,
            fields.one_of("bar", Bar, Bar.CLOSED),
            fields.whole("offset", 0, lowest=0, highest=MAX_OFFSET),
            fields.number("multiplier", 1.0, lowest=-MAX_NUMBER, highest=MAX_NUMBER),
        )
        fields.finish()
        try:
            self._registry.check(operand)
        except UnknownVariableError:
            raise fields.refuse(
                "variable", DocumentProblem.UNKNOWN_NAME, "a variable of the registry"
            ) from None
        except InvalidOperandError as error:
            raise fields.refuse(
                error.field, DocumentProblem.OUT_OF_RANGE, "what its variable allows"
            ) from None
        return operand


def _parameters(fields: Fields) -> tuple[tuple[str, ParameterValue], ...]:
    data = fields.take("parameters", {})
    path = fields.at("parameters")
    if not isinstance(data, Mapping):
        raise InvalidDocumentError(path, DocumentProblem.WRONG_TYPE, "a table of parameters")
    values: list[tuple[str, ParameterValue]] = []
    for name, value in data.items():
        if isinstance(value, str):
            values.append((str(name), value))
        else:
            number = checked_number(f"{path}.{name}", value, -MAX_NUMBER, MAX_NUMBER)
            values.append((str(name), number))
    return tuple(values)

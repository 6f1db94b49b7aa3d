"""The registry from plain data, as `variables.toml` spells it; every wrong field is named."""

import re
from collections.abc import Mapping
from enum import StrEnum
from math import isfinite
from string import Formatter
from typing import Final, TypeVar

from upbit_auto_trading.domain.expression import Bar, ParameterValue
from upbit_auto_trading.domain.variable import (
    Anchor,
    Category,
    Choice,
    Counted,
    Need,
    Parameter,
    ParameterKind,
    Placement,
    Unit,
    Variable,
    VariableRegistry,
    WarmUp,
    Words,
)

VERSION: Final = 1
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_MISSING: Final = object()
E = TypeVar("E", bound=StrEnum)


class InvalidVariableTableError(ValueError):
    """A table of variables with a wrong field. `path` is like `variable.rsi.parameters[0].step`."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(f"{path}: expected {expected}")
        self.path = path
        self.expected = expected


class _Fields:
    """One table, read field by field; what nobody read is refused at the end."""

    def __init__(self, path: str, table: object) -> None:
        if not isinstance(table, Mapping):
            raise InvalidVariableTableError(path, "a table")
        self.path = path
        self._left = dict(table)

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def take(self, name: str, default: object = _MISSING) -> object:
        value = self._left.pop(name, default)
        if value is _MISSING:
            raise InvalidVariableTableError(self.at(name), "a value")
        return value

    def text(self, name: str, default: str | None = None) -> str:
        value = self.take(name, _MISSING if default is None else default)
        if not isinstance(value, str) or not value.strip():
            raise InvalidVariableTableError(self.at(name), "a text")
        return value

    def words(self, name: str = "", default: Words | None = None) -> Words:
        prefix = f"{name}_" if name else ""
        korean = self.text(f"{prefix}korean", default.korean if default else None)
        return Words(korean, self.text(f"{prefix}english", default.english if default else None))

    def number(self, name: str, default: float | None = None) -> float:
        value = self.take(name, _MISSING if default is None else default)
        return _number(self.at(name), value)

    def one_of(self, name: str, kind: type[E], default: E | None = None) -> E:
        value = self.take(name, _MISSING if default is None else default)
        return _one_of(self.at(name), value, kind)

    def list(self, name: str) -> list[tuple[str, object]]:
        value = self.take(name, [])
        if not isinstance(value, list):
            raise InvalidVariableTableError(self.at(name), "a list")
        return [(f"{self.at(name)}[{place}]", item) for place, item in enumerate(value)]

    def finish(self) -> None:
        for name in self._left:
            raise InvalidVariableTableError(self.at(name), "no such field")


def _number(path: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise InvalidVariableTableError(path, "a finite number")
    return value


def _one_of(path: str, value: object, kind: type[E]) -> E:
    if not isinstance(value, str) or value not in {member.value for member in kind}:
        raise InvalidVariableTableError(path, "one of " + ", ".join(kind))
    return kind(value)


def registry_from(table: Mapping[str, object]) -> VariableRegistry:
    """Return the registry that a parsed `variables.toml` describes.

    Raises:
        InvalidVariableTableError: a field is missing, unknown or out of its range.
    """
    top = _Fields("", table)
    if top.take("version") != VERSION:
        raise InvalidVariableTableError("version", str(VERSION))
    entries = top.take("variable")
    top.finish()
    if not isinstance(entries, Mapping) or not entries:
        raise InvalidVariableTableError("variable", "tables of variables")
    variables = [_variable(name, entry) for name, entry in entries.items()]
    registry = VariableRegistry(variables)
    _check_links(registry)
    return registry


def _variable(name: object, table: object) -> Variable:
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise InvalidVariableTableError(f"variable.{name}", "a name of a-z, 0-9 and _")
    fields = _Fields(f"variable.{name}", table)
    words = fields.words()
    short = fields.words("short", words)
    parameters = tuple(_parameter(path, item) for path, item in fields.list("parameters"))
    minimum, maximum = _range(fields)
    unit = fields.one_of("unit", Unit)
    variable = Variable(
        id=name,
        category=fields.one_of("category", Category),
        words=words,
        short=short,
        label=fields.words("label", _default_label(short, parameters)),
        help=fields.words("help"),
        unit=unit,
        family=fields.text("family", unit.value),
        placement=fields.one_of("placement", Placement, Placement.NONE),
        needs=frozenset(_one_of(path, item, Need) for path, item in fields.list("needs")),
        bars=tuple(_one_of(path, item, Bar) for path, item in fields.list("bars")),
        anchor=fields.one_of("anchor", Anchor, Anchor.NONE),
        minimum=minimum,
        maximum=maximum,
        parameters=parameters,
        warm_up=_warm_up(fields, {parameter.name for parameter in parameters}),
        levels=tuple(_number(path, item) for path, item in fields.list("levels")),
        average=_optional(fields, "average"),
        as_change=_optional(fields, "as_change"),
        percent_tolerance=_flag(fields, "percent_tolerance"),
        aliases=tuple(_alias(path, item) for path, item in fields.list("aliases")),
    )
    fields.finish()
    _check_variable(fields.path, variable)
    return variable


def _default_label(short: Words, parameters: tuple[Parameter, ...]) -> Words:
    inside = ",".join(f"{{{p.name}}}" for p in parameters if p.counts is not Counted.WORD)
    tail = f"({inside})" if inside else ""
    return Words(short.korean + tail, short.english + tail)


def _range(fields: _Fields) -> tuple[float | None, float | None]:
    ends = [_number(path, item) for path, item in fields.list("range")]
    if not ends:
        return None, None
    if len(ends) != 2 or ends[0] >= ends[1]:
        raise InvalidVariableTableError(fields.at("range"), "a lower and an upper end")
    return ends[0], ends[1]


def _warm_up(fields: _Fields, names: set[str]) -> WarmUp:
    forms: list[Mapping[str, int]] = []
    for path, item in fields.list("warm_up"):
        if not isinstance(item, Mapping) or not item:
            raise InvalidVariableTableError(path, "a table of factors")
        for name, factor in item.items():
            if name not in names | {"candles"}:
                raise InvalidVariableTableError(f"{path}.{name}", "a parameter or candles")
            if isinstance(factor, bool) or not isinstance(factor, int):
                raise InvalidVariableTableError(f"{path}.{name}", "a whole number")
        forms.append(dict(item))
    return tuple(forms)


def _optional(fields: _Fields, name: str) -> str | None:
    value = fields.take(name, None)
    if value is not None and not isinstance(value, str):
        raise InvalidVariableTableError(fields.at(name), "a text")
    return value


def _flag(fields: _Fields, name: str) -> bool:
    value = fields.take(name, False)
    if not isinstance(value, bool):
        raise InvalidVariableTableError(fields.at(name), "true or false")
    return value


def _alias(path: str, item: object) -> str:
    if not isinstance(item, str) or not item or item != item.strip().casefold():
        raise InvalidVariableTableError(path, "a text in lower case")
    return item


def _parameter(path: str, table: object) -> Parameter:
    fields = _Fields(path, table)
    kind = fields.one_of("kind", ParameterKind)
    numeric = kind in (ParameterKind.INTEGER, ParameterKind.DECIMAL)
    default = fields.take("default", "" if kind is ParameterKind.RULE else _MISSING)
    if isinstance(default, bool) or not isinstance(default, int | float | str):
        raise InvalidVariableTableError(fields.at("default"), "a number or a text")
    parameter = Parameter(
        name=fields.text("name"),
        words=fields.words(),
        kind=kind,
        counts=fields.one_of("counts", Counted, Counted.BARS if numeric else Counted.WORD),
        default=default,
        minimum=fields.number("minimum") if numeric else 0.0,
        maximum=fields.number("maximum") if numeric else 0.0,
        step=fields.number("step", 1) if numeric else 1.0,
        choices=tuple(_choice(where, item) for where, item in fields.list("choices")),
    )
    fields.finish()
    if numeric and not (parameter.minimum < parameter.maximum and parameter.step > 0):
        raise InvalidVariableTableError(path, "minimum < maximum and a step above 0")
    if not _accepts_default(parameter, default):
        raise InvalidVariableTableError(f"{path}.default", "a value the parameter accepts")
    return parameter


def _accepts_default(parameter: Parameter, default: ParameterValue) -> bool:
    return parameter.kind is ParameterKind.RULE or parameter.accepts(default)


def _choice(path: str, table: object) -> Choice:
    fields = _Fields(path, table)
    choice = Choice(fields.text("value"), fields.words())
    fields.finish()
    return choice


def _check_variable(path: str, variable: Variable) -> None:
    names = [parameter.name for parameter in variable.parameters]
    if len(set(names)) != len(names):
        raise InvalidVariableTableError(f"{path}.parameters", "each name once")
    if variable.has_bars is not (Need.CANDLES in variable.needs):
        raise InvalidVariableTableError(f"{path}.bars", "bars exactly where candles are needed")
    if variable.has_bars is (variable.anchor is Anchor.NONE):
        raise InvalidVariableTableError(f"{path}.anchor", "an anchor exactly where there are bars")
    if variable.has_bars and not variable.warm_up:
        raise InvalidVariableTableError(f"{path}.warm_up", "how many candles it needs")
    for language, text in (("korean", variable.label.korean), ("english", variable.label.english)):
        for _, name, _, _ in Formatter().parse(text):
            if name is not None and name not in names:
                raise InvalidVariableTableError(f"{path}.label_{language}", "known parameters")


def _check_links(registry: VariableRegistry) -> None:
    taken = {variable.id: variable.id for variable in registry}
    for variable in registry:
        for name, link in (("average", variable.average), ("as_change", variable.as_change)):
            if link is not None and link not in registry:
                raise InvalidVariableTableError(f"variable.{variable.id}.{name}", "a variable")
        for place, alias in enumerate(variable.aliases):
            if taken.setdefault(alias, variable.id) != variable.id:
                path = f"variable.{variable.id}.aliases[{place}]"
                raise InvalidVariableTableError(path, f"a name {taken[alias]} doesn't have")

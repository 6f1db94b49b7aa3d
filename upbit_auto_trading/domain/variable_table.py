"""The registry from plain data, as `variables.toml` spells it; every wrong field is named."""

import re
from collections.abc import Mapping
from string import Formatter
from typing import Final

from upbit_auto_trading.domain.document import (
    DocumentProblem,
    Fields,
    InvalidDocumentError,
    checked_member,
    checked_number,
)
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


def _wrong(path: str, expected: str) -> InvalidDocumentError:
    return InvalidDocumentError(path, DocumentProblem.OUT_OF_RANGE, expected)


def _words(fields: Fields, name: str = "", default: Words | None = None) -> Words:
    prefix = f"{name}_" if name else ""
    korean = fields.text(f"{prefix}korean", default.korean if default else None)
    return Words(korean, fields.text(f"{prefix}english", default.english if default else None))


def registry_from(table: Mapping[str, object]) -> VariableRegistry:
    """Return the registry that a parsed `variables.toml` describes.

    Raises:
        InvalidDocumentError: a field is missing, unknown or out of its range.
    """
    top = Fields("", table)
    top.version(VERSION)
    entries = top.take("variable")
    top.finish()
    if not isinstance(entries, Mapping) or not entries:
        raise _wrong("variable", "tables of variables")
    variables = [_variable(name, entry) for name, entry in entries.items()]
    registry = VariableRegistry(variables)
    _check_links(registry)
    return registry


def _variable(name: object, table: object) -> Variable:
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise _wrong(f"variable.{name}", "a name of a-z, 0-9 and _")
    fields = Fields(f"variable.{name}", table)
    words = _words(fields)
    short = _words(fields, "short", words)
    parameters = tuple(_parameter(path, item) for path, item in fields.items("parameters"))
    minimum, maximum = _range(fields)
    unit = fields.one_of("unit", Unit)
    label = _words(fields, "label", _default_label(short, parameters))
    variable = Variable(
        id=name,
        category=fields.one_of("category", Category),
        words=words,
        short=short,
        label=label,
        phrase=_words(fields, "phrase", label),
        help=_words(fields, "help"),
        unit=unit,
        family=fields.text("family", unit.value),
        placement=fields.one_of("placement", Placement, Placement.NONE),
        needs=frozenset(checked_member(path, item, Need) for path, item in fields.items("needs")),
        bars=tuple(checked_member(path, item, Bar) for path, item in fields.items("bars")),
        anchor=fields.one_of("anchor", Anchor, Anchor.NONE),
        minimum=minimum,
        maximum=maximum,
        parameters=parameters,
        warm_up=_warm_up(fields, {parameter.name for parameter in parameters}),
        levels=tuple(checked_number(path, item) for path, item in fields.items("levels")),
        average=fields.optional_text("average"),
        as_change=fields.optional_text("as_change"),
        percent_tolerance=fields.flag("percent_tolerance", default=False),
        aliases=tuple(_alias(path, item) for path, item in fields.items("aliases")),
    )
    fields.finish()
    _check_variable(fields.path, variable)
    return variable


def _default_label(short: Words, parameters: tuple[Parameter, ...]) -> Words:
    inside = ",".join(f"{{{p.name}}}" for p in parameters if p.counts is not Counted.WORD)
    tail = f"({inside})" if inside else ""
    return Words(short.korean + tail, short.english + tail)


def _range(fields: Fields) -> tuple[float | None, float | None]:
    ends = [checked_number(path, item) for path, item in fields.items("range")]
    if not ends:
        return None, None
    if len(ends) != 2 or ends[0] >= ends[1]:
        raise _wrong(fields.at("range"), "a lower and an upper end")
    return ends[0], ends[1]


def _warm_up(fields: Fields, names: set[str]) -> WarmUp:
    forms: list[Mapping[str, int]] = []
    for path, item in fields.items("warm_up"):
        if not isinstance(item, Mapping) or not item:
            raise _wrong(path, "a table of factors")
        for name, factor in item.items():
            if name not in names | {"candles"}:
                raise _wrong(f"{path}.{name}", "a parameter or candles")
            if isinstance(factor, bool) or not isinstance(factor, int):
                raise _wrong(f"{path}.{name}", "a whole number")
        forms.append(dict(item))
    return tuple(forms)


def _alias(path: str, item: object) -> str:
    if not isinstance(item, str) or not item or item != item.strip().casefold():
        raise _wrong(path, "a text in lower case")
    return item


def _parameter(path: str, table: object) -> Parameter:
    fields = Fields(path, table)
    kind = fields.one_of("kind", ParameterKind)
    numeric = kind in (ParameterKind.INTEGER, ParameterKind.DECIMAL)
    default = "" if kind is ParameterKind.RULE else fields.take("default")
    if isinstance(default, bool) or not isinstance(default, int | float | str):
        raise _wrong(fields.at("default"), "a number or a text")
    parameter = Parameter(
        name=fields.text("name"),
        words=_words(fields),
        kind=kind,
        counts=fields.one_of("counts", Counted, Counted.BARS if numeric else Counted.WORD),
        default=default,
        minimum=fields.number("minimum") if numeric else 0.0,
        maximum=fields.number("maximum") if numeric else 0.0,
        step=fields.number("step", 1) if numeric else 1.0,
        choices=tuple(_choice(where, item) for where, item in fields.items("choices")),
    )
    fields.finish()
    if numeric and not (parameter.minimum < parameter.maximum and parameter.step > 0):
        raise _wrong(path, "minimum < maximum and a step above 0")
    if not _accepts_default(parameter, default):
        raise _wrong(f"{path}.default", "a value the parameter accepts")
    return parameter


def _accepts_default(parameter: Parameter, default: ParameterValue) -> bool:
    return parameter.kind is ParameterKind.RULE or parameter.accepts(default)


def _choice(path: str, table: object) -> Choice:
    fields = Fields(path, table)
    choice = Choice(fields.text("value"), _words(fields))
    fields.finish()
    return choice


def _check_variable(path: str, variable: Variable) -> None:
    names = [parameter.name for parameter in variable.parameters]
    if len(set(names)) != len(names):
        raise _wrong(f"{path}.parameters", "each name once")
    if variable.has_bars is not (Need.CANDLES in variable.needs):
        raise _wrong(f"{path}.bars", "bars exactly where candles are needed")
    if variable.has_bars is (variable.anchor is Anchor.NONE):
        raise _wrong(f"{path}.anchor", "an anchor exactly where there are bars")
    if variable.has_bars and not variable.warm_up:
        raise _wrong(f"{path}.warm_up", "how many candles it needs")
    for kind, words in (("label", variable.label), ("phrase", variable.phrase)):
        for language, text in (("korean", words.korean), ("english", words.english)):
            for _, name, _, _ in Formatter().parse(text):
                if name is not None and name not in names:
                    raise _wrong(f"{path}.{kind}_{language}", "known parameters")


def _check_links(registry: VariableRegistry) -> None:
    taken = {variable.id: variable.id for variable in registry}
    for variable in registry:
        for name, link in (("average", variable.average), ("as_change", variable.as_change)):
            if link is not None and link not in registry:
                raise _wrong(f"variable.{variable.id}.{name}", "a variable")
        for place, alias in enumerate(variable.aliases):
            if taken.setdefault(alias, variable.id) != variable.id:
                path = f"variable.{variable.id}.aliases[{place}]"
                raise _wrong(path, f"a name {taken[alias]} doesn't have")

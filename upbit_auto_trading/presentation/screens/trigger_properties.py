"""What the property panel shows of a node, and what is typed into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.domain.condition_fields import (
    CONSTANT,
    Field,
    FieldKind,
    FieldValueError,
    fields_of,
)
from upbit_auto_trading.domain.expression import (
    CHANGES,
    Comparator,
    Comparison,
    Constant,
    Group,
    GroupKind,
    VariableOperand,
)
from upbit_auto_trading.domain.formula import letters
from upbit_auto_trading.domain.formula_tokens import FormulaError, TokenKind, tokens_of
from upbit_auto_trading.domain.trigger import MAX_TAG, MAX_TAGS
from upbit_auto_trading.domain.variable import Category, Counted
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.sentence_words import number
from upbit_auto_trading.presentation.widgets.property_fields import PropertyRow
from upbit_auto_trading.presentation.widgets.property_panel import (
    PropertyLook,
    PropertySection,
    UnitsLook,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from upbit_auto_trading.domain.condition_fields import FieldValue
    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.domain.trigger import Trigger
    from upbit_auto_trading.presentation.screens.trigger_findings import Finding
    from upbit_auto_trading.presentation.screens.trigger_words import TriggerWords

KIND, NEEDED, TAGS, NOTE = "kind", "needed", "tags", "note"


class NotANumberError(ValueError):
    """What was typed is no number."""


def property_look(
    words: TriggerWords, trigger: Trigger, node: Expression | None, found: Sequence[Finding]
) -> PropertyLook:
    """The panel's look of a trigger's selected node; None is nothing selected."""
    root = trigger.expression
    if node is None:
        return PropertyLook("", _("Nothing is selected"), ())
    if isinstance(node, Group):
        return _of_group(words, node, found, trigger if node.id == root.id else None)
    return _of_condition(words, root, node, found)


def typed_value(field: Field, text: str) -> FieldValue:
    """Return what a field's text means: `1.4억`, `1,000`, `−5` are numbers.

    Raises:
        NotANumberError: the field takes a number and this is none.
    """
    if field.kind not in (FieldKind.NUMBER, FieldKind.WHOLE):
        return text
    return typed_number(text)


def typed_number(text: str) -> float:
    """Return the number a text means.

    Raises:
        NotANumberError: it is none.
    """
    try:
        first, *rest = tokens_of(text.strip().removesuffix("%"))
    except FormulaError as error:
        raise NotANumberError(text) from error
    if first.kind is not TokenKind.NUMBER or len(rest) != 1:
        raise NotANumberError(text)
    return first.value


def field_problem(error: FieldValueError | NotANumberError) -> tuple[str, str]:
    """Why a field doesn't take what was typed, and the value a repair would put there."""
    if isinstance(error, NotANumberError):
        return _("A number is needed."), ""
    field = error.field
    nearest = "" if error.nearest is None else number(error.nearest)
    if error.reason == "whole":
        return _("Whole numbers only."), nearest
    if error.reason == "range":
        limits = {"low": number(field.minimum), "high": number(field.maximum)}
        return _("From {low} to {high}.").format(**limits), nearest
    return _("This doesn't go here."), nearest


def typed_tags(text: str) -> tuple[str, ...]:
    """Return the tags a text lists: no more, and no longer, than a trigger may have."""
    tags = (part.strip()[:MAX_TAG] for part in text.split(","))
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:MAX_TAGS]


def _of_group(
    words: TriggerWords, group: Group, found: Sequence[Finding], trigger: Trigger | None
) -> PropertyLook:
    kinds = tuple(
        (kind.value, words.words.word("group", kind.value).format(count="n")) for kind in GroupKind
    )
    rows = [PropertyRow(KIND, "choice", _("Joined by"), group.kind.value, kinds)]
    if group.kind is GroupKind.AT_LEAST:
        count = len(group.children)
        unit = _("of {n}").format(n=count)
        rows.append(PropertyRow(NEEDED, "number", _("At least"), str(group.needed), unit=unit))
    helps = {
        GroupKind.ALL: _("True when everything inside is true."),
        GroupKind.ANY: _("True when one inside is true, or more."),
        GroupKind.NOT: _("True when what is inside is false."),
        GroupKind.AT_LEAST: _("True when that many inside are true."),
    }
    keys = _("G groups, O changes ALL and ANY, N negates, U takes the group away.")
    section = PropertySection("", tuple(rows), f"{helps[group.kind]} {keys}")
    sections = (section,) if trigger is None else (section, _of_trigger(trigger))
    return PropertyLook("", words.group_word(group), sections, remarks=_texts(found))


def _of_trigger(trigger: Trigger) -> PropertySection:
    """The fields of the trigger itself, shown with its root."""
    tags = PropertyRow(TAGS, "text", _("Tags"), ", ".join(trigger.tags), unit=_("day, RSI"))
    note = PropertyRow(NOTE, "text", _("Note"), trigger.note, unit=_("Why it exists"))
    return PropertySection(_("The trigger"), (tags, note))


def _of_condition(
    words: TriggerWords, root: Expression, node: Comparison, found: Sequence[Finding]
) -> PropertyLook:
    known = [node.left, node.right, node.upper]
    if any(isinstance(o, VariableOperand) and o.variable not in words.registry for o in known):
        return PropertyLook("", _("Unknown variable"), (), remarks=_texts(found))
    fields = fields_of(node, words.registry)
    bad = {one.bad_part for one in found if one.blocks and one.bad_part}
    by_side: dict[str, list[PropertyRow]] = {
        "left": [], "": [], "right": [], "upper": [], "more": [],
    }  # fmt: skip
    for field in fields:
        is_bad = field.side in bad and field.key.endswith(("variable", ".rule"))
        place = "" if field.key in ("comparator", "tolerance") else field.side
        if field.key == "span":
            place = "right" if by_side["right"] else ""
        if field.key.endswith(("offset", "multiplier", "for_bars")):
            place = "more"
        by_side[place].append(_row(words, node, field, is_bad=is_bad))
    sections = [
        PropertySection(_("Left"), tuple(by_side["left"])),
        PropertySection(_("Comparison"), tuple(by_side[""])),
    ]
    for side, title in (("right", _("Right")), ("upper", _("Upper end"))):
        if by_side[side]:
            sections.append(PropertySection(title, tuple(by_side[side])))
    sections.append(PropertySection(_("More"), tuple(by_side["more"]), _help(words, node.left)))
    fixes = tuple(fix.words for one in found for fix in one.fixes)
    letter = letters(root).get(node.id, "")
    return PropertyLook(
        letter,
        _("Selected condition"),
        tuple(sections),
        _units(words, node, found),
        fixes,
        _texts(one for one in found if one.chip != _("Units differ")),
    )


def _texts(found: Iterator[Finding] | Sequence[Finding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.text for one in found))


def _help(words: TriggerWords, operand: VariableOperand) -> str:
    return words.words.of(words.registry[operand.variable].help)


def _row(words: TriggerWords, node: Comparison, field: Field, *, is_bad: bool) -> PropertyRow:
    label = _label(words, field)
    value = field.value if isinstance(field.value, str) else number(field.value)
    if field.kind in (FieldKind.NUMBER, FieldKind.WHOLE):
        presets = tuple((number(usual), number(usual)) for usual in field.usual)
        unit, tip = _counted(words, node, field), _limits(field)
        return PropertyRow(field.key, "number", label, value, (), presets, unit, tip, is_bad)
    if field.key.endswith(".variable"):
        tip = words.words.of(words.registry[str(field.value)].help)
        choices = tuple(_choices(words, field))
        return PropertyRow(field.key, "choice", label, value, choices, tip=tip, is_bad=is_bad)
    kind = {FieldKind.SOURCE: "segments", FieldKind.RULE: "rule"}.get(field.kind, "choice")
    return PropertyRow(field.key, kind, label, value, tuple(_choices(words, field)), is_bad=is_bad)


def _label(words: TriggerWords, field: Field) -> str:
    if field.parameter is not None:
        return words.words.of(field.parameter.words)
    last = field.key.rpartition(".")[2]
    if field.side in ("right", "upper") and last in ("offset", "multiplier"):
        back, times = _("Right: candles back"), _("Right: times")
        return back if last == "offset" else times
    return {
        "variable": _("Variable"),
        "timeframe": _("Candle"),
        "bar": _("Read on"),
        "offset": _("Candles back"),
        "multiplier": _("Times"),
        "comparator": _("Operator"),
        "tolerance": _("At most apart"),
        "source": _("Compare with"),
        "constant": _("Value"),
        "span": _("Candles"),
        "for_bars": _("In a row"),
    }[last]


def _choices(words: TriggerWords, field: Field) -> Iterator[tuple[str, str]]:
    last = field.key.rpartition(".")[2]
    if field.kind is FieldKind.RULE:
        yield from words.rules.items()
    elif last == "variable":
        for category in Category:
            for variable in words.registry:
                if variable.category is category:
                    yield variable.id, words.words.of(variable.words)
    else:
        for choice in field.choices:
            yield choice, _choice(words, field, last, choice)


def _choice(words: TriggerWords, field: Field, last: str, choice: str) -> str:
    if field.parameter is not None:
        return words.words.choice(field.parameter, choice)
    if last == "comparator":
        return words.comparator_name(Comparator(choice))
    if last == "source":
        return _("Fixed value") if choice == CONSTANT else _("Variable")
    table = "timeframe" if last == "timeframe" else "bar"
    return words.words.word(table, choice)


def _counted(words: TriggerWords, node: Comparison, field: Field) -> str:
    """What stands behind a number's field."""
    last = field.key.rpartition(".")[2]
    if field.parameter is not None:
        counts = field.parameter.counts
        if counts is Counted.SECONDS:
            return _("s")
        return _("candles") if counts is Counted.BARS else ""
    if last in ("span", "for_bars", "offset"):
        return _("candles")
    if last == "multiplier":
        return "\u00d7"
    left = words.registry[node.left.variable]
    if last == "tolerance" and node.comparator is Comparator.WITHIN_PERCENT:
        return "%"
    if last == "constant" and node.comparator in CHANGES and left.is_proportional:
        return "%"
    return words.suffix(left.unit)


def _limits(field: Field) -> str:
    if abs(field.minimum) >= 1e17 or abs(field.maximum) >= 1e17:
        return ""
    low, high = number(field.minimum), number(field.maximum)
    return _("From {low} to {high}.").format(low=low, high=high)


def _units(words: TriggerWords, node: Comparison, found: Sequence[Finding]) -> UnitsLook | None:
    if node.right is None:
        return None
    left = words.name_of(node.left.variable)
    left_unit = words.unit_of(node.left.variable)
    mismatch = next((one for one in found if one.bad_part == "right" and one.chip), None)
    if isinstance(node.right, Constant):
        unit = words.registry[node.left.variable].unit
        return UnitsLook(
            left, left_unit, words.operands.label(node.right, unit).name, "", fits=True
        )
    right = words.name_of(node.right.variable)
    reason = "" if mismatch is None else mismatch.text
    right_unit = words.unit_of(node.right.variable)
    return UnitsLook(left, left_unit, right, right_unit, mismatch is None, reason)

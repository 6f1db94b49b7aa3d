"""What is wrong with a trigger that is being built, in words, each with ways to put it right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.compatibility import (
    MismatchCode,
    reads_forming_bar,
    repairs,
    usual_level,
)
from upbit_auto_trading.domain.condition_bounds import contradictions
from upbit_auto_trading.domain.condition_filling import with_field
from upbit_auto_trading.domain.expression import (
    Bar,
    Comparison,
    Constant,
    Group,
    GroupKind,
    VariableOperand,
    comparisons,
    walk,
)
from upbit_auto_trading.domain.expression_check import Check, CheckCode, check_expression
from upbit_auto_trading.domain.expression_edit import parent_of
from upbit_auto_trading.domain.formula import letters
from upbit_auto_trading.domain.variable import ParameterKind
from upbit_auto_trading.presentation.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.domain.variable import VariableRegistry
    from upbit_auto_trading.presentation.condition_notes import ConditionNotes

_FOREGONE: Final = frozenset({CheckCode.ALWAYS_TRUE, CheckCode.ALWAYS_FALSE})


@dataclass(frozen=True, slots=True)
class Fix:
    """What a repair's button says, and what takes the place of which node."""

    words: str
    node: str
    new: Expression


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a node.

    One that `blocks` keeps the trigger from being saved as more than a draft; a `quiet` one is
    told in the property panel only. `bad_part` is the side it is about.
    """

    node: str
    text: str
    chip: str = ""
    blocks: bool = True
    quiet: bool = False
    bad_part: str = ""
    fixes: tuple[Fix, ...] = ()


def findings_of(
    root: Expression, registry: VariableRegistry, notes: ConditionNotes
) -> dict[str, list[Finding]]:
    """Return everything wrong with the tree by node, the weightiest first."""
    found: dict[str, list[Finding]] = {}
    nodes = {node.id: node for node in walk(root)}
    for check in check_expression(root, registry):
        node = nodes[check.node]
        found.setdefault(check.node, []).append(_finding(check, node, registry, notes))
    for comparison in comparisons(root):
        for finding in _open_rules(comparison, registry):
            found.setdefault(comparison.id, []).append(finding)
    for finding in _contradictions(root):
        found.setdefault(finding.node, []).append(finding)
    for findings in found.values():
        findings.sort(key=lambda one: (not one.blocks, one.quiet))
    return found


def _finding(
    check: Check, node: Expression, registry: VariableRegistry, notes: ConditionNotes
) -> Finding:
    text = notes.check(check)
    if isinstance(node, Group):
        return Finding(check.node, text, quiet=check.code is CheckCode.EMPTY_GROUP)
    if check.code is CheckCode.MISMATCH and check.mismatch is not None:
        units = check.mismatch.code is MismatchCode.UNITS
        fixes = tuple(
            Fix(notes.repair(repair, node), node.id, repair.comparison)
            for repair in repairs(node, registry)
        )
        chip = _("Units differ") if units else _("No past values")
        return Finding(node.id, text, chip, bad_part="right" if units else "left", fixes=fixes)
    fixes = tuple(_fixes(check, node, registry))
    return Finding(
        node.id,
        text,
        blocks=not check.is_remark,
        quiet=check.code is CheckCode.REPAINTS,
        fixes=fixes,
    )


def _fixes(check: Check, node: Comparison, registry: VariableRegistry) -> Iterator[Fix]:
    if check.code in _FOREGONE:
        level = usual_level(registry[node.left.variable], node.comparator)
        if level is not None and node.right != Constant(level):
            words = _("Use {level}").format(level=f"{level:g}".replace("-", "\u2212"))
            yield Fix(words, node.id, replace(node, right=Constant(level)))
    elif check.code is CheckCode.EMPTY_RANGE:
        swapped = replace(node, right=node.upper, upper=node.right)
        yield Fix(_("Swap the ends"), node.id, swapped)
    elif check.code is CheckCode.SAME_SIDES:
        changed = with_field(node, "right.source", "constant", registry)
        yield Fix(_("Compare with a number"), node.id, changed)
    elif check.code is CheckCode.REPAINTS and reads_forming_bar(node, registry):
        changed = _on_closed_bars(node, registry)
        if changed != node:
            yield Fix(_("Use closed candles"), node.id, changed)


def _on_closed_bars(node: Comparison, registry: VariableRegistry) -> Comparison:
    def closed(operand: VariableOperand) -> VariableOperand:
        may = Bar.CLOSED in registry[operand.variable].bars
        return replace(operand, bar=Bar.CLOSED) if may else operand

    right, upper = node.right, node.upper
    return replace(
        node,
        left=closed(node.left),
        right=closed(right) if isinstance(right, VariableOperand) else right,
        upper=closed(upper) if isinstance(upper, VariableOperand) else upper,
    )


def _open_rules(node: Comparison, registry: VariableRegistry) -> Iterator[Finding]:
    for side, operand in (("left", node.left), ("right", node.right), ("upper", node.upper)):
        if not isinstance(operand, VariableOperand) or operand.variable not in registry:
            continue
        for parameter in registry[operand.variable].parameters:
            if parameter.kind is ParameterKind.RULE and not operand.parameter(parameter.name):
                yield Finding(node.id, _("Choose which rule is meant."), bad_part=side)


def _contradictions(root: Expression) -> Iterator[Finding]:
    names = letters(root)
    seen: set[str] = set()
    for first, second in contradictions(root):
        if second.id in seen:
            continue
        seen.add(second.id)
        text = _("Never true together with {letter}.").format(letter=names[first.id])
        parent = parent_of(root, second.id)
        fixes: tuple[Fix, ...] = ()
        if parent is not None:
            either = Group(GroupKind.ANY, parent.children, id=parent.id)
            fixes = (Fix(_("One of them is enough"), parent.id, either),)
        yield Finding(second.id, text, _("Contradiction"), fixes=fixes)

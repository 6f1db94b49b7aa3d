"""Editing a trigger's tree: what every key, drop and field does to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.domain import expression_edit as edit
from upbit_auto_trading.domain.condition_filling import with_field, with_operand
from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.expression import (
    Comparison,
    Expression,
    Group,
    GroupKind,
    VariableOperand,
    comparisons,
    walk,
    with_ids,
)
from upbit_auto_trading.domain.expression_json import expression_from_json, expression_to_json
from upbit_auto_trading.domain.first_comparison import first_comparison, placed_operand
from upbit_auto_trading.domain.formula import parse_formula
from upbit_auto_trading.domain.formula_tokens import FormulaError
from upbit_auto_trading.domain.trigger import as_built, as_kept
from upbit_auto_trading.presentation.viewmodels.trigger_history import Selection, TriggerHistory

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.domain.condition_fields import FieldValue
    from upbit_auto_trading.domain.expression import Operand
    from upbit_auto_trading.domain.variable import VariableRegistry

REFUSALS: Final = (
    edit.NoSuchNodeError,
    edit.ImpossibleEditError,
    edit.TooManyConditionsError,
    edit.TooDeepError,
    FormulaError,
    InvalidDocumentError,
)


class TriggerEditor(TriggerHistory):
    """Edits the tree. `refused` carries the error of an edit that can't be made; the tree stays."""

    refused = pyqtSignal(object)

    def __init__(self, registry: VariableRegistry, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.registry = registry

    def node(self) -> Expression | None:
        """Return the selected node, None where nothing is selected."""
        found = (node for node in walk(self.root) if node.id == self.selection.node)
        return next(found, None)

    def comparison(self, node: str = "") -> Comparison | None:
        """Return the condition with that id, else the selected one, None if it is no condition."""
        wanted = node or self.selection.node
        return next((one for one in comparisons(self.root) if one.id == wanted), None)

    def add_variable(self, variable: str, group: str = "", place: int | None = None) -> bool:
        """Add a condition on a variable, compared with what it is usually compared with."""
        like = self.comparison()
        operand = like.left if like is not None else None
        new = first_comparison(self.registry[variable], self.registry, operand)
        return self.add(new, group, place)

    def add(self, new: Expression, group: str = "", place: int | None = None) -> bool:
        """Add a part: to a group, or behind what is selected; it is selected then."""
        if not group:
            group, place = self._place_to_add()
        known = {node.id for node in walk(self.root)}

        def adding() -> Expression:
            # A whole tree of ANDs goes into an AND as its conditions.
            part = _unrooted(new, find_kind(self.root, group))
            root = self.root
            at = place
            for one in part:
                root = edit.add(root, group, one, at)
                at = None if at is None else at + 1
            return root

        return self._edited(adding, lambda root: _last_new(root, known, group))

    def put_variable(self, node: str, side: str, variable: str) -> bool:
        """Put a variable on a side of a condition, fitting or not."""
        like = self.comparison(node)
        if like is None:
            return False
        operand = placed_operand(self.registry[variable], like.left)
        current = getattr(like, side)
        if isinstance(current, VariableOperand) and side != "left":
            operand = placed_operand(
                self.registry[variable], current if current.timeframe else like.left
            )
        return self.put_operand(node, side, operand)

    def put_operand(self, node: str, side: str, operand: Operand) -> bool:
        """Put an operand on a side of a condition, fitting or not."""
        comparison = self.comparison(node)
        if comparison is None:
            return False
        new = with_operand(comparison, side, operand, self.registry)
        return self.put(node, new, side)

    def put(self, node: str, new: Expression, part: str = "") -> bool:
        """Put another node in a node's place."""
        return self._edited(
            lambda: edit.replace_node(self.root, node, new), lambda _: Selection(node, part)
        )

    def fill(self, node: str, key: str, value: FieldValue) -> bool:
        """Set a field of a condition; typing on in the same field is one step.

        Raises:
            FieldValueError: the field doesn't take the value; the tree is as it was.
        """
        comparison = self.comparison(node)
        if comparison is None:
            return False
        new = with_field(comparison, key, value, self.registry)
        root = edit.replace_node(self.root, node, new)
        self.take(replace(self.trigger, expression=root), self.selection, f"{node} {key}")
        return True

    def move(self, node: str, group: str, place: int | None = None) -> bool:
        """Put a node somewhere else in the tree."""
        return self._edited(
            lambda: edit.move(self.root, node, group, place), lambda _: Selection(node)
        )

    def shift(self, steps: int) -> bool:
        """Move the selected node up or down among what stands beside it."""
        node = self.selection.node
        parent = edit.parent_of(self.root, node) if node else None
        if parent is None:
            return False
        at = [child.id for child in parent.children].index(node)
        to = at + steps
        if not 0 <= to < len(parent.children):
            return False
        return self.move(node, parent.id, to if steps < 0 else to + 1)

    def wrap(self, kind: GroupKind = GroupKind.ALL) -> bool:
        """Put a group round the selected node."""
        node = self.selection.node
        return self._edited(lambda: edit.wrap(self.root, node, kind), lambda _: Selection(node))

    def unwrap(self) -> bool:
        """Take the selected group away, or the one round the selected condition."""
        node = self.node()
        group = node
        if isinstance(node, Comparison):
            group = edit.parent_of(self.root, node.id)
        if group is None or group.id == self.root.id:
            self.refused.emit(edit.ImpossibleEditError(self.root.id, "root"))
            return False
        identity = group.id
        stays = node.id if isinstance(node, Comparison) else ""
        return self._edited(
            lambda: edit.unwrap(self.root, identity), lambda _: Selection(stays or self.root.id)
        )

    def negate(self) -> bool:
        """Turn the selected node into its opposite."""
        node = self.selection.node
        return self._edited(lambda: edit.negate(self.root, node), lambda _: Selection(node))

    def toggle_kind(self) -> bool:
        """Let the selected group, or the one round the selected condition, change ALL and ANY."""
        group = self._group_meant()
        kind = GroupKind.ALL if group.kind is GroupKind.ANY else GroupKind.ANY
        return self.change_kind(group.id, kind)

    def change_kind(self, group: str, kind: GroupKind, needed: int = 1) -> bool:
        """Let a group join its children differently."""
        return self._edited(
            lambda: edit.change_kind(self.root, group, kind, needed), lambda _: self.selection
        )

    def remove(self) -> bool:
        """Take the selected node out; the root is only emptied."""
        node = self.node()
        if node is None:
            return False
        if node.id == self.root.id:
            empty = with_ids(Group(GroupKind.ALL, (), id=node.id))
            return self._edited(lambda: empty, lambda _: Selection(node.id))
        beside = self._beside(node.id)
        return self._edited(lambda: edit.remove(self.root, node.id), lambda _: Selection(beside))

    def duplicate(self) -> bool:
        """Put a copy of the selected node behind it."""
        node = self.selection.node
        if node == self.root.id:
            return False
        known = {one.id for one in walk(self.root)}
        return self._edited(
            lambda: edit.duplicate(self.root, node), lambda root: _first_new(root, known)
        )

    def copied(self) -> str:
        """Return the selected part as JSON, empty where nothing is selected."""
        node = self.node()
        return "" if node is None else expression_to_json(as_kept(node))

    def paste(self, text: str) -> bool:
        """Add the part that a JSON text holds."""
        try:
            part = expression_from_json(text, self.registry)
        except InvalidDocumentError as error:
            self.refused.emit(error)
            return False
        return self.add(part)

    def join(self, formula: str) -> bool:
        """Join the conditions as a formula of their letters says."""
        conditions = comparisons(self.root)
        return self._edited(
            lambda: as_built(parse_formula(formula, conditions)), lambda _: self.selection
        )

    def _edited(
        self, make: Callable[[], Expression], then: Callable[[Expression], Selection]
    ) -> bool:
        try:
            root = as_built(make())
        except REFUSALS as error:
            self.refused.emit(error)
            return False
        self.take(replace(self.trigger, expression=root), then(root))
        return True

    def _place_to_add(self) -> tuple[str, int | None]:
        node = self.node()
        if isinstance(node, Group):
            return node.id, None
        parent = edit.parent_of(self.root, node.id) if node is not None else None
        if node is None or parent is None:
            return self.root.id, None
        return parent.id, [child.id for child in parent.children].index(node.id) + 1

    def _group_meant(self) -> Group:
        node = self.node()
        if isinstance(node, Comparison):
            node = edit.parent_of(self.root, node.id)
        if isinstance(node, Group):
            return node
        assert isinstance(self.root, Group)  # noqa: S101 -- `as_built` makes it one
        return self.root

    def _beside(self, node: str) -> str:
        """Return what is selected once the node is gone: the next one, the one before, above."""
        parent = edit.parent_of(self.root, node)
        if parent is None:
            return self.root.id
        ids = [child.id for child in parent.children]
        at = ids.index(node)
        rest = ids[:at] + ids[at + 1 :]
        return rest[min(at, len(rest) - 1)] if rest else parent.id


def find_kind(root: Expression, group: str) -> GroupKind | None:
    """Return how a group joins its children, None where there is no such group."""
    node = next((one for one in walk(root) if one.id == group), None)
    return node.kind if isinstance(node, Group) else None


def _unrooted(part: Expression, into: GroupKind | None) -> tuple[Expression, ...]:
    if isinstance(part, Group) and part.kind is into and part.kind is GroupKind.ALL:
        return part.children
    return (part,)


def _last_new(root: Expression, known: set[str], group: str) -> Selection:
    """Select the last part that came: what is added next goes behind it."""
    target = next((node for node in walk(root) if node.id == group), root)
    children = target.children if isinstance(target, Group) else ()
    new = [child.id for child in children if child.id not in known]
    return Selection(new[-1]) if new else _first_new(root, known)


def _first_new(root: Expression, known: set[str]) -> Selection:
    new = next((node for node in walk(root) if node.id not in known), root)
    return Selection(new.id)

"""Edits of an expression: each returns a new tree, ids of untouched nodes stay."""

from collections.abc import Callable
from dataclasses import replace

from upbit_auto_trading.domain.expression import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    Comparison,
    Expression,
    Group,
    GroupKind,
    comparisons,
    depth,
    walk,
    with_ids,
)


class NoSuchNodeError(LookupError):
    """No node of the tree has that id."""

    def __init__(self, node: str) -> None:
        super().__init__(f"no node is called {node!r}")
        self.node = node


class ImpossibleEditError(ValueError):
    """An edit the tree doesn't allow: `reason` is `root`, `into_itself` or `not_a_group`."""

    def __init__(self, node: str, reason: str) -> None:
        super().__init__(f"{node}: {reason}")
        self.node = node
        self.reason = reason


class TooManyConditionsError(ValueError):
    """The edit would make more conditions than `MAX_CONDITIONS`."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} conditions, at most {MAX_CONDITIONS}")
        self.count = count


class TooDeepError(ValueError):
    """The edit would make more levels of groups than `MAX_DEPTH`."""

    def __init__(self, levels: int) -> None:
        super().__init__(f"{levels} levels of groups, at most {MAX_DEPTH}")
        self.levels = levels


def find(root: Expression, node: str) -> Expression:
    """Return the node with that id.

    Raises:
        NoSuchNodeError: there is none.
    """
    for candidate in walk(root):
        if candidate.id == node:
            return candidate
    raise NoSuchNodeError(node)


def parent_of(root: Expression, node: str) -> Group | None:
    """Return the group that holds the node, None for the root.

    Raises:
        NoSuchNodeError: there is no such node.
    """
    find(root, node)
    for candidate in walk(root):
        if isinstance(candidate, Group) and any(c.id == node for c in candidate.children):
            return candidate
    return None


def add(root: Expression, group: str, node: Expression, place: int | None = None) -> Expression:
    """Put a node into a group, at the end or before the child at `place`.

    Ids of the new part that are taken are replaced. A second child of a NOT joins the first in
    an ANY, since "not" of two conditions means that none of them holds.

    Raises:
        NoSuchNodeError, ImpossibleEditError, TooManyConditionsError, TooDeepError.
    """

    def put(target: Expression) -> Expression:
        if not isinstance(target, Group):
            raise ImpossibleEditError(group, "not_a_group")
        fresh = _renamed(node, root)
        if target.kind is GroupKind.NOT and target.children:
            inner = target.children[0]
            if isinstance(inner, Group) and inner.kind is GroupKind.ANY:
                joined = replace(inner, children=_inserted(inner.children, fresh, place))
            else:
                joined = Group(GroupKind.ANY, _inserted((inner,), fresh, place))
            return replace(target, children=(joined,))
        return replace(target, children=_inserted(target.children, fresh, place))

    return _checked(_changed(root, group, put))


def remove(root: Expression, node: str) -> Expression:
    """Take a node out. Groups that this empties go too, but never the root.

    Raises:
        NoSuchNodeError: there is no such node.
        ImpossibleEditError: it is the root.
    """
    return _taken_out(root, node, keep=frozenset())


def move(root: Expression, node: str, group: str, place: int | None = None) -> Expression:
    """Take a node out and put it into a group; `place` counts before it is taken out.

    Raises:
        NoSuchNodeError, ImpossibleEditError, TooDeepError.
    """
    moving = find(root, node)
    target = find(root, group)
    if any(inner.id == group for inner in walk(moving)):
        raise ImpossibleEditError(node, "into_itself")
    if not isinstance(target, Group):
        raise ImpossibleEditError(group, "not_a_group")
    ids = [child.id for child in target.children]
    if place is not None and node in ids and ids.index(node) < place:
        place -= 1
    ancestors = frozenset(n.id for n in walk(root) if any(i.id == group for i in walk(n)))
    return add(_taken_out(root, node, keep=ancestors), group, moving, place)


def wrap(root: Expression, node: str, kind: GroupKind) -> Expression:
    """Put a group of that kind round a node, the root included.

    Raises:
        NoSuchNodeError, TooDeepError.
    """
    return _checked(_changed(root, node, lambda target: Group(kind, (target,))))


def unwrap(root: Expression, group: str) -> Expression:
    """Replace a group by its children; the root only if it has exactly one.

    Raises:
        NoSuchNodeError: there is no such node.
        ImpossibleEditError: it is no group, or a root or a NOT's only child with several children.
    """
    target = find(root, group)
    if not isinstance(target, Group):
        raise ImpossibleEditError(group, "not_a_group")
    parent = parent_of(root, group)
    if len(target.children) == 1:
        return _changed(root, group, lambda _: target.children[0])
    if parent is None or parent.kind is GroupKind.NOT:
        raise ImpossibleEditError(group, "root")

    children: list[Expression] = []
    for child in parent.children:
        children.extend(target.children if child.id == group else (child,))
    spliced = replace(parent, children=tuple(children))
    return _checked(_changed(root, parent.id, lambda _: spliced))


def negate(root: Expression, node: str) -> Expression:
    """Turn a node into its opposite: a NOT goes round it, or the NOT round it goes.

    Raises:
        NoSuchNodeError, TooDeepError.
    """
    target = find(root, node)
    if isinstance(target, Group) and target.kind is GroupKind.NOT and target.children:
        return _changed(root, node, lambda _: target.children[0])
    parent = parent_of(root, node)
    if parent is not None and parent.kind is GroupKind.NOT:
        return _changed(root, parent.id, lambda _: target)
    return wrap(root, node, GroupKind.NOT)


def change_kind(root: Expression, group: str, kind: GroupKind, needed: int = 1) -> Expression:
    """Let a group join its children differently; several children of a new NOT go into an ANY.

    Raises:
        NoSuchNodeError, ImpossibleEditError, TooDeepError.
    """

    def changed(target: Expression) -> Expression:
        if not isinstance(target, Group):
            raise ImpossibleEditError(group, "not_a_group")
        most = max(1, len(target.children))
        return Group(kind, target.children, min(max(1, needed), most), target.id)

    return _checked(_changed(root, group, changed))


def replace_node(root: Expression, node: str, new: Expression) -> Expression:
    """Put another node in a node's place; it takes over the id.

    Raises:
        NoSuchNodeError, TooManyConditionsError, TooDeepError.
    """

    def put(_: Expression) -> Expression:
        fresh = new if isinstance(new, Comparison) else _renamed(new, root)
        return replace(fresh, id=node)

    return _checked(_changed(root, node, put))


def duplicate(root: Expression, node: str) -> Expression:
    """Put a copy of a node right behind it; a lone root becomes an ALL of both.

    Raises:
        NoSuchNodeError, TooManyConditionsError, TooDeepError.
    """
    original = find(root, node)
    parent = parent_of(root, node)
    if parent is None:
        return add(wrap(root, node, GroupKind.ALL), _wrapper(root), original)
    place = [child.id for child in parent.children].index(node) + 1
    return add(root, parent.id, original, place)


def _wrapper(root: Expression) -> str:
    """Return the id the next new node round `root` gets."""
    return with_ids(Group(GroupKind.ALL, (root,))).id


def _changed(root: Expression, node: str, change: Callable[[Expression], Expression]) -> Expression:
    find(root, node)

    def visit(current: Expression) -> Expression:
        if current.id == node:
            return change(current)
        if isinstance(current, Group):
            return replace(current, children=tuple(map(visit, current.children)))
        return current

    return with_ids(visit(root))


def _taken_out(root: Expression, node: str, keep: frozenset[str]) -> Expression:
    find(root, node)
    if root.id == node:
        raise ImpossibleEditError(node, "root")

    def visit(current: Expression) -> Expression | None:
        if current.id == node:
            return None
        if not isinstance(current, Group):
            return current
        children = tuple(c for c in map(visit, current.children) if c is not None)
        if current.children and not children and current.id not in keep | {root.id}:
            return None
        needed = min(current.needed, max(1, len(children)))
        return replace(current, children=children, needed=needed)

    rest = visit(root)
    return root if rest is None else rest


def _inserted(
    children: tuple[Expression, ...], node: Expression, place: int | None
) -> tuple[Expression, ...]:
    place = len(children) if place is None else place
    return (*children[:place], node, *children[place:])


def _renamed(node: Expression, root: Expression) -> Expression:
    """Return `node` without the ids that `root` has already."""
    taken = {known.id for known in walk(root)}

    def visit(current: Expression) -> Expression:
        identity = "" if current.id in taken else current.id
        if isinstance(current, Group):
            return replace(current, id=identity, children=tuple(map(visit, current.children)))
        return replace(current, id=identity)

    return visit(node)


def _checked(root: Expression) -> Expression:
    count = len(comparisons(root))
    if count > MAX_CONDITIONS:
        raise TooManyConditionsError(count)
    levels = depth(root)
    if levels > MAX_DEPTH:
        raise TooDeepError(levels)
    return root

"""A tree as a formula of letters, `A and (B or C) and not D`, and back again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Final

from upbit_auto_trading.domain.expression import (
    Comparison,
    Expression,
    GroupKind,
    comparisons,
)
from upbit_auto_trading.domain.formula_parser import JOINING_WORDS, Words, read_formula
from upbit_auto_trading.domain.formula_tokens import FormulaError, FormulaProblem, TokenKind

_JOINED_BY: Final = {GroupKind.ALL: " and ", GroupKind.ANY: " or "}


def letter(place: int) -> str:
    """Return the letter of the condition at that place: A … Z, then AA, AB …."""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def letters(expression: Expression) -> dict[str, str]:
    """Return the letter of every comparison by its id, in reading order."""
    return {node.id: letter(place) for place, node in enumerate(comparisons(expression))}


def formula_text(expression: Expression) -> str:
    """Return the formula. Reading it back gives an equal tree, drafts with empty groups apart."""
    names = (letter(place) for place in count())
    return spelled(expression, lambda _: next(names))


def spelled(expression: Expression, condition: Callable[[Comparison], str]) -> str:
    """Return the tree with AND, OR and NOT spelled out round what `condition` writes."""

    def written(node: Expression, *, inner: bool) -> str:
        if isinstance(node, Comparison):
            return condition(node)
        joins = node.kind in _JOINED_BY and len(node.children) > 1
        parts = [
            written(child, inner=joins or node.kind is GroupKind.NOT) for child in node.children
        ]
        if node.kind is GroupKind.AT_LEAST:
            return f"{node.needed} of ({', '.join(parts)})"
        if node.kind is GroupKind.NOT:
            return f"not {''.join(parts)}"
        if not joins:
            return f"{node.kind.value} ({''.join(parts)})"
        text = _JOINED_BY[node.kind].join(parts)
        return f"({text})" if inner else text

    return written(expression, inner=False)


def parse_formula(text: str, conditions: Sequence[Comparison]) -> Expression:
    """Return the tree that `text` makes of the conditions A, B, C ….

    A condition named again is a copy with an id of its own. Every condition must be named, so
    that none is lost by a slip.

    Raises:
        FormulaError: the text can't be read; it has letters of no condition, or lacks some.
    """
    by_letter = {letter(place): condition for place, condition in enumerate(conditions)}
    used: set[str] = set()

    def read_condition(words: Words) -> Expression:
        token = words.next
        if token.kind is not TokenKind.WORD or token.text.casefold() in JOINING_WORDS:
            raise token.refused(FormulaProblem.EXPECTED_CONDITION, *by_letter)
        name = token.text.upper()
        if name not in by_letter:
            raise token.refused(FormulaProblem.UNKNOWN_LETTER, *by_letter, letter=token.text)
        words.take()
        condition = by_letter[name]
        fresh = replace(condition, id="") if name in used else condition
        used.add(name)
        return fresh

    expression = read_formula(Words(text), read_condition)
    unused = tuple(name for name in by_letter if name not in used)
    if unused:
        end = len(text)
        raise FormulaError(
            FormulaProblem.UNUSED_LETTERS, end, end, unused, letters=", ".join(unused)
        )
    return expression

"""The grammar of AND, OR and NOT, whatever stands between them; no implicit precedence."""

from collections.abc import Callable
from typing import Final

from upbit_auto_trading.domain.expression import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    Expression,
    Group,
    GroupKind,
    comparisons,
    depth,
    with_ids,
)
from upbit_auto_trading.domain.formula_tokens import (
    FormulaProblem,
    Token,
    TokenKind,
    tokens_of,
)

_AND: Final = frozenset({"and", "&", "&&", "∧", "그리고", "이고"})
_OR: Final = frozenset({"or", "|", "||", "∨", "또는", "이거나"})
_NOT: Final = frozenset({"not", "!", "¬", "~", "아님", "아니"})
_ALL: Final = frozenset({"all", "모두"})
_ANY: Final = frozenset({"any", "하나라도"})
_OF: Final = frozenset({"of", "중"})
JOINING_WORDS: Final = _AND | _OR | _NOT


class Words:
    """The words of a text, read one after the other."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens_of(text)
        self._place = 0

    @property
    def next(self) -> Token:
        """The word to be read next; an END after the last."""
        return self._tokens[self._place]

    def ahead(self, count: int) -> Token:
        """Return the word `count` places further on."""
        return self._tokens[min(self._place + count, len(self._tokens) - 1)]

    def take(self) -> Token:
        """Read a word."""
        token = self._tokens[self._place]
        self._place = min(self._place + 1, len(self._tokens) - 1)
        return token

    def take_if(self, *texts: str) -> Token | None:
        """Read the next word if it is one of these, in any case."""
        if self.next.kind is not TokenKind.QUOTED and self.next.text.casefold() in texts:
            return self.take()
        return None

    def expect(self, text: str, problem: FormulaProblem) -> Token:
        """Read the next word, which has to be this one."""
        token = self.take_if(text)
        if token is None:
            raise self.next.refused(problem, text)
        return token


ReadCondition = Callable[[Words], Expression]


def read_formula(words: Words, read_condition: ReadCondition) -> Expression:
    """Return the expression that the whole text says, with fresh ids where there are none.

    `A and B or C` is refused: brackets have to say what is meant.

    Raises:
        FormulaError: the text can't be read, or is beyond the limits of an expression.
    """
    first = words.next
    expression = _joined(words, read_condition, 0)
    if words.next.kind is not TokenKind.END:
        raise words.next.refused(FormulaProblem.EXPECTED_END, "and", "or")
    if len(comparisons(expression)) > MAX_CONDITIONS:
        raise first.refused(FormulaProblem.TOO_MANY_CONDITIONS, most=MAX_CONDITIONS)
    if depth(expression) > MAX_DEPTH:
        raise first.refused(FormulaProblem.TOO_DEEP, most=MAX_DEPTH)
    return with_ids(expression)


def _joined(words: Words, read_condition: ReadCondition, level: int) -> Expression:
    parts = [_single(words, read_condition, level)]
    kind: GroupKind | None = None
    while (found := _joining(words.next)) is not None:
        if kind is not None and found is not kind:
            raise words.next.refused(FormulaProblem.MIXED_AND_OR)
        kind = found
        words.take()
        parts.append(_single(words, read_condition, level))
    return parts[0] if kind is None else Group(kind, tuple(parts))


def _joining(token: Token) -> GroupKind | None:
    if token.kind is TokenKind.QUOTED:
        return None
    word = token.text.casefold()
    if word in _AND:
        return GroupKind.ALL
    return GroupKind.ANY if word in _OR else None


def _single(words: Words, read_condition: ReadCondition, level: int) -> Expression:
    # Brackets of a text can be many more than the groups they leave; this bounds the recursion.
    if level > 10 * MAX_DEPTH:
        raise words.next.refused(FormulaProblem.TOO_DEEP, most=MAX_DEPTH)
    if words.take_if(*_NOT):
        return Group(GroupKind.NOT, (_single(words, read_condition, level + 1),))
    if words.take_if("("):
        inner = _joined(words, read_condition, level + 1)
        words.expect(")", FormulaProblem.EXPECTED_BRACKET)
        return inner
    if words.ahead(1).text == "(" and words.take_if(*_ALL):
        return Group(GroupKind.ALL, _list(words, read_condition, level))
    if words.ahead(1).text == "(" and words.take_if(*_ANY):
        return Group(GroupKind.ANY, _list(words, read_condition, level))
    if words.next.kind is TokenKind.NUMBER and words.ahead(1).text.casefold() in _OF:
        return _at_least(words, read_condition, level)
    return read_condition(words)


def _at_least(words: Words, read_condition: ReadCondition, level: int) -> Expression:
    number = words.take()
    words.take()
    children = _list(words, read_condition, level)
    if number.value != int(number.value) or not 1 <= number.value <= len(children):
        raise number.refused(FormulaProblem.OUT_OF_RANGE, minimum=1, maximum=len(children))
    return Group(GroupKind.AT_LEAST, children, int(number.value))


def _list(words: Words, read_condition: ReadCondition, level: int) -> tuple[Expression, ...]:
    words.expect("(", FormulaProblem.EXPECTED_BRACKET)
    parts = [_joined(words, read_condition, level + 1)]
    while words.take_if(","):
        parts.append(_joined(words, read_condition, level + 1))
    words.expect(")", FormulaProblem.EXPECTED_BRACKET)
    return tuple(parts)

"""The words of typed conditions and formulas, each with its place in the text."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from upbit_auto_trading.domain.expression import MAX_NUMBER

MAX_LENGTH: Final = 2000


class FormulaProblem(StrEnum):
    """What is wrong with a typed formula or condition."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    UNKNOWN_SIGN = "unknown_sign"
    UNKNOWN_LETTER = "unknown_letter"
    UNUSED_LETTERS = "unused_letters"
    UNKNOWN_NAME = "unknown_name"
    MIXED_AND_OR = "mixed_and_or"
    EXPECTED_CONDITION = "expected_condition"
    EXPECTED_COMPARATOR = "expected_comparator"
    EXPECTED_VALUE = "expected_value"
    EXPECTED_NUMBER = "expected_number"
    EXPECTED_RULE = "expected_rule"
    EXPECTED_BRACKET = "expected_bracket"
    EXPECTED_END = "expected_end"
    TOO_MANY_NUMBERS = "too_many_numbers"
    OUT_OF_RANGE = "out_of_range"
    NO_TIMEFRAME = "no_timeframe"
    NO_BARS = "no_bars"
    NOT_A_PERCENTAGE = "not_a_percentage"
    TOO_MANY_CONDITIONS = "too_many_conditions"
    TOO_DEEP = "too_deep"


class FormulaError(ValueError):
    """A text that can't be read.

    The trouble lies in text[start:end] (empty at the end of the text); `suggestions` are words
    that could stand there, best first; `facts` are what a message needs, such as `minimum`.
    """

    def __init__(
        self,
        problem: FormulaProblem,
        start: int,
        end: int,
        suggestions: tuple[str, ...] = (),
        **facts: float | str,
    ) -> None:
        super().__init__(f"{problem.value} at {start}")
        self.problem = problem
        self.start = start
        self.end = end
        self.suggestions = suggestions
        self.facts = facts


class TokenKind(StrEnum):
    """NUMBER `5` `-1.5` `1.4억`; LENGTH `15m` `60초` `3봉`; BACK `[1]`.

    TIMES is a factor behind or before an operand: `*2` `×2` `2배` `2 *`.
    """

    NUMBER = "number"
    LENGTH = "length"
    TIMES = "times"
    BACK = "back"
    WORD = "word"
    QUOTED = "quoted"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the text. `value` is its number, `unit` the unit of a LENGTH as typed."""

    kind: TokenKind
    text: str
    start: int
    end: int
    value: float = 0.0
    unit: str = ""

    def refused(
        self, problem: FormulaProblem, *suggestions: str, **facts: float | str
    ) -> FormulaError:
        """Return the error to raise about this word."""
        return FormulaError(problem, self.start, self.end, suggestions, **facts)


_SIGNED: Final = r"[+\-−]?[0-9][0-9]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_GROUPED: Final = r"[+\-−]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?"
_UNITS: Final = "초|분봉|분|시간봉|시간|일봉|일|주봉|주|개월|달|월봉|월|봉|bars|bar|s|m|h|d|w|M|y"
_SPACE: Final = re.compile(r"[\s·]+")
_TOKEN: Final = re.compile(
    rf"(?P<times>(?:[*×]|x(?=\s*[0-9.]))\s*(?P<factor>{_SIGNED})|(?P<fold>{_SIGNED})배"
    rf"|(?P<ahead>{_SIGNED})\s*[*×](?=\s*[A-Za-z가-힣_]))"
    rf"|(?P<length>(?P<count>[0-9]+(?:\.[0-9]+)?)(?P<unit>{_UNITS})(?![A-Za-z가-힣]))"
    r"|(?P<back>\[\s*(?P<bars>[0-9]{1,6})\s*\])"
    rf"|(?P<grouped>{_GROUPED})(?![0-9])"
    rf"|(?P<number>{_SIGNED})(?P<scale>[만억])?"
    r"|(?P<word>[+\-%]?[A-Za-z가-힣_][A-Za-z가-힣0-9_%]*)"
    r'|"(?P<quoted>[^"]*)"'
    r"|(?P<sign><=|>=|==|!=|<>|&&|\|\||\.\.|[<>=≤≥≠(),%~!&|∧∨¬])"
)
_SCALES: Final = {"만": 1e4, "억": 1e8}


def tokens_of(text: str) -> list[Token]:
    """Return the words of `text`, an END last.

    Raises:
        FormulaError: the text is empty, too long or has a sign that means nothing.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(FormulaProblem.TOO_LONG, MAX_LENGTH, len(text), most=MAX_LENGTH)
    tokens: list[Token] = []
    place, inside = 0, 0
    while place < len(text):
        space = _SPACE.match(text, place)
        if space is not None:
            place = space.end()
            continue
        found = _TOKEN.match(text, place)
        if found is not None and found.lastgroup == "grouped" and inside:
            found = re.compile(rf"(?P<number>{_SIGNED})(?P<scale>[만억])?").match(text, place)
        if found is None:
            raise FormulaError(FormulaProblem.UNKNOWN_SIGN, place, place + 1, sign=text[place])
        token = _token(found)
        if not abs(token.value) <= MAX_NUMBER:
            raise token.refused(
                FormulaProblem.OUT_OF_RANGE, minimum=-MAX_NUMBER, maximum=MAX_NUMBER
            )
        inside += {"(": 1, ")": -1}.get(token.text, 0)
        tokens.append(token)
        place = found.end()
    if not tokens:
        raise FormulaError(FormulaProblem.EMPTY, 0, len(text))
    return [*tokens, Token(TokenKind.END, "", len(text), len(text))]


def number_of(text: str) -> float:
    """Return the number a typed numeral means: whole numbers as int."""
    plain = text.replace("−", "-").replace(",", "")
    return float(plain) if set(plain) & set(".eE") else int(plain)


def _token(found: re.Match[str]) -> Token:
    text, start, end = found[0], found.start(), found.end()
    groups = {name: value for name, value in found.groupdict().items() if value is not None}
    if "times" in groups:
        factor = groups.get("factor") or groups.get("fold") or groups["ahead"]
        return Token(TokenKind.TIMES, text, start, end, number_of(factor))
    if "length" in groups:
        value, unit = number_of(groups["count"]), groups["unit"]
        return Token(TokenKind.LENGTH, text, start, end, value, unit)
    if "back" in groups:
        return Token(TokenKind.BACK, text, start, end, int(groups["bars"]))
    numeral = groups.get("grouped") or groups.get("number")
    if numeral is not None:
        value = number_of(numeral)
        scale = groups.get("scale")
        return Token(TokenKind.NUMBER, text, start, end, value * _SCALES[scale] if scale else value)
    if "word" in groups:
        return Token(TokenKind.WORD, text, start, end)
    if "quoted" in groups:
        return Token(TokenKind.QUOTED, groups["quoted"], start, end)
    return Token(TokenKind.SIGN, text, start, end)

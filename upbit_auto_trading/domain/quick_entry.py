"""Conditions typed in one line: `rsi 14 15m < 30 and (close > sma 20 or change 60s <= -5%)`.

Every variable, comparator and option of the builder can be typed, in English or Korean.
"""

from dataclasses import dataclass
from typing import Final

from upbit_auto_trading.domain.expression import (
    CHANGES,
    MAX_BARS,
    RANGES,
    SLOPES,
    TOLERANCES,
    Bar,
    Comparator,
    Comparison,
    Constant,
    Expression,
    Operand,
)
from upbit_auto_trading.domain.formula_parser import Words, read_formula
from upbit_auto_trading.domain.formula_tokens import FormulaProblem, Token, TokenKind
from upbit_auto_trading.domain.quick_operand import OperandReader, TypedOperand
from upbit_auto_trading.domain.variable import Unit, Variable, VariableRegistry
from upbit_auto_trading.domain.variable_names import VariableNames

COMPARATOR_WORDS: Final[dict[tuple[str, ...], Comparator]] = {
    ("<",): Comparator.LESS,
    ("<=",): Comparator.LESS_EQUAL,
    ("≤",): Comparator.LESS_EQUAL,
    (">",): Comparator.GREATER,
    (">=",): Comparator.GREATER_EQUAL,
    ("≥",): Comparator.GREATER_EQUAL,
    ("=",): Comparator.EQUAL,
    ("==",): Comparator.EQUAL,
    ("!=",): Comparator.NOT_EQUAL,
    ("<>",): Comparator.NOT_EQUAL,
    ("≠",): Comparator.NOT_EQUAL,
    ("crosses", "up"): Comparator.CROSSES_UP,
    ("crosses", "above"): Comparator.CROSSES_UP,
    ("crosses", "over"): Comparator.CROSSES_UP,
    ("상향돌파",): Comparator.CROSSES_UP,
    ("상향", "돌파"): Comparator.CROSSES_UP,
    ("골든크로스",): Comparator.CROSSES_UP,
    ("crosses", "down"): Comparator.CROSSES_DOWN,
    ("crosses", "below"): Comparator.CROSSES_DOWN,
    ("crosses", "under"): Comparator.CROSSES_DOWN,
    ("하향돌파",): Comparator.CROSSES_DOWN,
    ("하향", "돌파"): Comparator.CROSSES_DOWN,
    ("데드크로스",): Comparator.CROSSES_DOWN,
    ("inside",): Comparator.INSIDE,
    ("in",): Comparator.INSIDE,
    ("between",): Comparator.INSIDE,
    ("범위안",): Comparator.INSIDE,
    ("범위", "안"): Comparator.INSIDE,
    ("outside",): Comparator.OUTSIDE,
    ("범위밖",): Comparator.OUTSIDE,
    ("범위", "밖"): Comparator.OUTSIDE,
    ("rising",): Comparator.RISING,
    ("연속상승",): Comparator.RISING,
    ("연속", "상승"): Comparator.RISING,
    ("falling",): Comparator.FALLING,
    ("연속하락",): Comparator.FALLING,
    ("연속", "하락"): Comparator.FALLING,
    ("rises",): Comparator.RISES_BY,
    ("상승폭",): Comparator.RISES_BY,
    ("falls",): Comparator.FALLS_BY,
    ("하락폭",): Comparator.FALLS_BY,
    ("within",): Comparator.WITHIN,
    ("near",): Comparator.WITHIN,
    ("근처",): Comparator.WITHIN,
}
_SUGGESTED: Final = ("<", "<=", ">", ">=", "crosses up", "crosses down", "inside", "rising")
_BETWEEN: Final = ("..", "~", "and", ",")


def parse_entry(text: str, registry: VariableRegistry, timeframe: str = "1m") -> Expression:
    """Return what a typed line says, with ids; `timeframe` holds where none is typed.

    A side without a timeframe or bar of its own takes the other side's.

    Raises:
        FormulaError: the text can't be read; it says where and what could stand there.
    """
    reader = EntryReader(registry, timeframe)
    return read_formula(Words(text), reader.comparison)


@dataclass(frozen=True, slots=True)
class _Number:
    """A typed constant; `percent` is the sign behind it, if any."""

    value: float
    percent: Token | None


_Side = Constant | TypedOperand


class EntryReader:
    """Reads comparisons of variables."""

    def __init__(self, registry: VariableRegistry, timeframe: str) -> None:
        self._timeframe = timeframe
        self._operands = OperandReader(VariableNames(registry))

    def comparison(self, words: Words) -> Comparison:
        """Return the comparison that begins at the next word."""
        left = self._operands.read(words)
        comparator = self._comparator(words)
        right: _Side | None = None
        upper: _Side | None = None
        span, tolerance = 1, 0.0
        if comparator in SLOPES:
            span = _bars(words, default=1)
        elif comparator in CHANGES:
            right = self._side(words, left.variable, in_percent=left.variable.is_proportional)
            words.take_if("in")
            span = _bars(words, default=1)
        elif comparator in TOLERANCES:
            comparator, tolerance, right = self._nearness(words, left.variable)
        else:
            right = self._side(words, left.variable)
            if comparator in RANGES:
                words.take_if(*_BETWEEN)
                upper = self._side(words, left.variable)
        for_bars = _bars(words) if words.take_if("for", "동안") else 1
        typed = [side for side in (left, right, upper) if isinstance(side, TypedOperand)]
        timeframe = next((t.timeframe for t in typed if t.timeframe), self._timeframe)
        bar = next((t.bar for t in typed if t.bar), Bar.CLOSED)

        def settled(side: _Side | None) -> Operand | None:
            return side.operand(timeframe, bar) if isinstance(side, TypedOperand) else side

        return Comparison(
            left.operand(timeframe, bar),
            comparator,
            settled(right),
            settled(upper),
            span,
            tolerance,
            for_bars,
        )

    def _comparator(self, words: Words) -> Comparator:
        two = (words.next.text.casefold(), words.ahead(1).text.casefold())
        for typed in (two, two[:1]):
            if typed in COMPARATOR_WORDS and words.next.kind is not TokenKind.QUOTED:
                for _ in typed:
                    words.take()
                return COMPARATOR_WORDS[typed]
        raise words.next.refused(FormulaProblem.EXPECTED_COMPARATOR, *_SUGGESTED)

    def _nearness(self, words: Words, left: Variable) -> tuple[Comparator, float, _Side]:
        token = words.next
        number = _number(words)
        if number is None or number.value < 0:
            raise token.refused(FormulaProblem.EXPECTED_NUMBER)
        comparator = Comparator.WITHIN if number.percent is None else Comparator.WITHIN_PERCENT
        words.take_if("of")
        return comparator, number.value, self._side(words, left)

    def _side(self, words: Words, left: Variable, *, in_percent: bool = False) -> _Side:
        token = words.next
        number = _number(words)
        if number is not None:
            if number.percent is not None and not (in_percent or left.unit is Unit.PERCENT):
                raise number.percent.refused(FormulaProblem.NOT_A_PERCENTAGE, name=left.id)
            return Constant(number.value)
        if token.kind not in (TokenKind.WORD, TokenKind.TIMES):
            raise token.refused(FormulaProblem.EXPECTED_VALUE)
        return self._operands.read(words)


def _number(words: Words) -> _Number | None:
    if words.next.kind is not TokenKind.NUMBER:
        return None
    value = words.take().value
    return _Number(value, words.take_if("%"))


def _bars(words: Words, default: int | None = None) -> int:
    token = words.next
    if token.kind not in (TokenKind.NUMBER, TokenKind.LENGTH):
        if default is None:
            raise token.refused(FormulaProblem.EXPECTED_NUMBER)
        return default
    if token.unit not in ("", "봉", "bar", "bars"):
        raise token.refused(FormulaProblem.EXPECTED_NUMBER)
    words.take()
    words.take_if("bars", "bar", "봉")
    if token.value != int(token.value) or not 1 <= token.value <= MAX_BARS:
        raise token.refused(FormulaProblem.OUT_OF_RANGE, minimum=1, maximum=MAX_BARS)
    return int(token.value)

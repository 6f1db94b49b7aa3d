"""One typed operand: `rsi 14 15m`, `SMA(20)·1h·마감봉`, `volume_average 20 * 2`, `2 * sma 20`."""

from dataclasses import dataclass
from typing import Final

from upbit_auto_trading.domain.expression import (
    MAX_OFFSET,
    Bar,
    ParameterValue,
    VariableOperand,
)
from upbit_auto_trading.domain.formula_parser import Words
from upbit_auto_trading.domain.formula_tokens import FormulaProblem, Token, TokenKind
from upbit_auto_trading.domain.timeframe import TIMEFRAMES
from upbit_auto_trading.domain.variable import (
    Counted,
    Parameter,
    ParameterKind,
    Variable,
)
from upbit_auto_trading.domain.variable_names import MAX_WORDS, VariableNames, plain

_UNIT_SECONDS: Final = {
    "s": 1,
    "초": 1,
    "m": 60,
    "분": 60,
    "분봉": 60,
    "h": 3600,
    "시간": 3600,
    "시간봉": 3600,
    "d": 86_400,
    "일": 86_400,
    "일봉": 86_400,
    "w": 604_800,
    "주": 604_800,
    "주봉": 604_800,
}
_MONTHS: Final = frozenset({"M", "월", "월봉", "달", "개월"})
_BARS: Final = frozenset({"봉", "bar", "bars"})
_WHOLE_TIMEFRAMES: Final = {"일봉": "1d", "주봉": "1w", "월봉": "1M", "년봉": "1y"}
_BAR_WORDS: Final = {
    "closed": Bar.CLOSED,
    "마감": Bar.CLOSED,
    "마감봉": Bar.CLOSED,
    "forming": Bar.FORMING,
    "진행": Bar.FORMING,
    "진행봉": Bar.FORMING,
}
_BY_SECONDS: Final = {t.seconds: code for code, t in TIMEFRAMES.items() if t.is_fixed}


@dataclass(frozen=True, slots=True)
class TypedOperand:
    """An operand as typed; `bar` and `timeframe` are None where nothing was typed."""

    variable: Variable
    parameters: tuple[tuple[str, ParameterValue], ...]
    timeframe: str | None
    bar: Bar | None
    offset: int
    multiplier: float

    def operand(self, timeframe: str, bar: Bar) -> VariableOperand:
        """Return the operand with what wasn't typed filled in, as far as the variable has it."""
        own_bar, own_timeframe = self.bar, self.timeframe
        if self.variable.has_bars:
            own_timeframe = own_timeframe or timeframe
            own_bar = own_bar or (bar if bar in self.variable.bars else self.variable.bars[0])
        return VariableOperand(
            self.variable.id,
            self.parameters,
            own_timeframe,
            own_bar or Bar.CLOSED,
            self.offset,
            self.multiplier,
        )


class OperandReader:
    """Reads operands; what isn't typed has the registry's default."""

    def __init__(self, names: VariableNames) -> None:
        self._names = names

    def read(self, words: Words) -> TypedOperand:
        """Return the operand that begins at the next word.

        Raises:
            FormulaError: no variable has that name, or what follows doesn't fit it.
        """
        factor = words.take().value if words.next.kind is TokenKind.TIMES else None
        named_by = words.next
        variable = self._named(words)
        typed = _Typed(variable, factor)
        if words.take_if("("):
            while not words.take_if(")"):
                words.take_if(",")
                if not typed.take(words):
                    raise words.next.refused(FormulaProblem.EXPECTED_BRACKET, ")")
        while typed.take(words):
            pass
        return typed.finished(named_by)

    def _named(self, words: Words) -> Variable:
        first = words.next
        if first.kind is not TokenKind.WORD:
            raise first.refused(FormulaProblem.EXPECTED_CONDITION)
        text, found, length = "", None, 0
        for count in range(MAX_WORDS):
            token = words.ahead(count)
            if token.kind not in (TokenKind.WORD, TokenKind.NUMBER):
                break
            text += token.text
            variable = self._names.get(text)
            if variable is not None:
                found, length = variable, count + 1
        if found is None:
            suggestions = self._names.like(first.text)
            raise first.refused(FormulaProblem.UNKNOWN_NAME, *suggestions, name=first.text)
        for _ in range(length):
            words.take()
        return found


class _Typed:
    """What has been typed of one operand so far."""

    def __init__(self, variable: Variable, factor: float | None) -> None:
        self._variable = variable
        self._values: dict[str, ParameterValue] = {}
        self._timeframe: str | None = None
        self._bar: Bar | None = None
        self._offset: int | None = None
        self._multiplier = factor

    def finished(self, named_by: Token) -> TypedOperand:
        for parameter in self._variable.parameters:
            if parameter.kind is ParameterKind.RULE and parameter.name not in self._values:
                raise named_by.refused(FormulaProblem.EXPECTED_RULE)
        return TypedOperand(
            self._variable,
            tuple(self._values.items()),
            self._timeframe,
            self._bar,
            self._offset or 0,
            1.0 if self._multiplier is None else self._multiplier,
        )

    def take(self, words: Words) -> bool:
        """Read one more part of the operand; return whether there was one."""
        token = words.next
        match token.kind:
            case TokenKind.NUMBER:
                self._number(token, token.value)
            case TokenKind.LENGTH:
                self._length(token)
            case TokenKind.TIMES if self._multiplier is None:
                self._multiplier = token.value
            case TokenKind.BACK if self._offset is None:
                self._back(token)
            case TokenKind.WORD | TokenKind.QUOTED if self._word(token):
                pass
            case _:
                return False
        words.take()
        return True

    def _number(self, token: Token, value: float) -> None:
        for parameter in self._variable.parameters:
            numeric = parameter.kind in (ParameterKind.INTEGER, ParameterKind.DECIMAL)
            if numeric and parameter.name not in self._values:
                self._values[parameter.name] = _accepted(token, parameter, value)
                return
        raise token.refused(FormulaProblem.TOO_MANY_NUMBERS, name=self._variable.id)

    def _length(self, token: Token) -> None:
        if token.unit in _BARS:
            self._number(token, token.value)
            return
        if self._variable.has_bars:
            if self._timeframe is not None:
                raise token.refused(FormulaProblem.TOO_MANY_NUMBERS, name=self._variable.id)
            self._timeframe = timeframe_of(token)
            return
        waiting = [p for p in self._variable.parameters if p.counts is Counted.SECONDS]
        if not waiting or token.unit not in _UNIT_SECONDS:
            raise token.refused(FormulaProblem.NO_TIMEFRAME, name=self._variable.id)
        self._number(token, token.value * _UNIT_SECONDS[token.unit])

    def _back(self, token: Token) -> None:
        if not self._variable.has_bars:
            raise token.refused(FormulaProblem.NO_BARS, name=self._variable.id)
        if token.value > MAX_OFFSET:
            raise token.refused(FormulaProblem.OUT_OF_RANGE, minimum=0, maximum=MAX_OFFSET)
        self._offset = int(token.value)

    def _word(self, token: Token) -> bool:
        for parameter in self._variable.parameters:
            if parameter.name in self._values:
                continue
            if parameter.kind is ParameterKind.RULE:
                self._values[parameter.name] = token.text
                return True
            for choice in parameter.choices:
                spellings = (choice.value, choice.words.korean, choice.words.english)
                if plain(token.text) in map(plain, spellings):
                    self._values[parameter.name] = choice.value
                    return True
        if token.kind is TokenKind.QUOTED or not self._variable.has_bars:
            return False
        return self._bar_or_timeframe(token)

    def _bar_or_timeframe(self, token: Token) -> bool:
        word = token.text.casefold()
        if word in _WHOLE_TIMEFRAMES and self._timeframe is None:
            self._timeframe = _WHOLE_TIMEFRAMES[word]
            return True
        if word not in _BAR_WORDS or self._bar is not None:
            return False
        bar = _BAR_WORDS[word]
        if bar not in self._variable.bars:
            raise token.refused(FormulaProblem.NO_BARS, name=self._variable.id)
        self._bar = bar
        return True


def _accepted(token: Token, parameter: Parameter, value: float) -> float:
    if not parameter.accepts(value):
        raise token.refused(
            FormulaProblem.OUT_OF_RANGE,
            parameter=parameter.name,
            minimum=parameter.minimum,
            maximum=parameter.maximum,
        )
    return value


def timeframe_of(token: Token) -> str:
    """Return the timeframe a typed length means: `15m`, `15분`, `60m` (1h), `1달`.

    Raises:
        FormulaError: Upbit has no candles of that length.
    """
    if token.unit in _MONTHS and token.value == 1:
        return "1M"
    if token.unit == "y" and token.value == 1:
        return "1y"
    code = _BY_SECONDS.get(int(token.value * _UNIT_SECONDS.get(token.unit, 0)))
    if code is None:
        raise token.refused(FormulaProblem.NO_TIMEFRAME, *TIMEFRAMES)
    return code

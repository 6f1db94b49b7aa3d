"""Operands in words: short labels for cards and phrases for sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from upbit_auto_trading.domain.expression import Constant, VariableOperand
from upbit_auto_trading.domain.variable import Counted, ParameterKind
from upbit_auto_trading.presentation.sentence_words import SentenceWords, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_auto_trading.domain.expression import Operand, ParameterValue
    from upbit_auto_trading.domain.variable import Parameter, Unit, VariableRegistry, Words

Candles = tuple[str, str]


@dataclass(frozen=True, slots=True)
class OperandLabel:
    """An operand on a card: `RSI` with `14`, `1분`, `마감봉` behind it.

    `details` are parameters, timeframe, bar, bars back and factor, as far as there are any.
    """

    name: str
    details: tuple[str, ...]

    @property
    def text(self) -> str:
        """The label in one line."""
        return "·".join((self.name, *self.details))


class OperandWords:
    """Says operands in one language. `rules` are the names of rules by id."""

    def __init__(
        self,
        words: SentenceWords,
        registry: VariableRegistry,
        quote: str = "KRW",
        rules: Mapping[str, str] | None = None,
    ) -> None:
        self.words = words
        self.registry = registry
        self.quote = quote
        self._rules = rules or {}

    def label(self, operand: Operand, unit: Unit | None = None) -> OperandLabel:
        """Return an operand's short label; a constant is told in `unit`, if given."""
        if isinstance(operand, Constant):
            return OperandLabel(self.constant(operand.value, unit), ())
        variable = self.registry[operand.variable]
        details = []
        if variable.has_bars and operand.timeframe is not None:
            details.append(self.words.word("timeframe", operand.timeframe))
            if len(variable.bars) > 1:
                details.append(self.words.word("bar", operand.bar.value))
        if operand.offset:
            details.append(self._ago(operand, "").strip())
        if operand.multiplier != 1.0:
            fold = self.words.word("words", "fold")
            details.append(fold.format(factor=number(operand.multiplier)))
        return OperandLabel(self._named(operand, variable.label), tuple(details))

    def constant(self, value: float, unit: Unit | None) -> str:
        """Return a number in a unit."""
        if unit is None:
            return number(value)
        return self.words.amount(value, unit, self.quote)

    def phrase(
        self, operand: Operand | None, unit: Unit, told: Candles | None
    ) -> tuple[str, Candles | None]:
        """Return an operand inside a sentence, and the candles the sentence then speaks of.

        Candles that were `told` already aren't told again.
        """
        if operand is None:
            return self.words.word("words", "missing"), told
        if isinstance(operand, Constant):
            return self.constant(operand.value, unit), told
        variable = self.registry[operand.variable]
        text = self._named(operand, variable.phrase)
        say = self.words.word
        if operand.offset:
            text = self._ago(operand, text)
        # The current price is the same on every timeframe, so none is told.
        if len(variable.bars) > 1 and operand.timeframe is not None:
            candles = (operand.timeframe, operand.bar.value)
            if candles != told:
                text = say("words", "on_candles").format(
                    timeframe=say("timeframe", operand.timeframe),
                    bar=say("bar", operand.bar.value),
                    name=text,
                )
            told = candles
        if operand.multiplier != 1.0:
            factor = number(operand.multiplier)
            text = say("words", "times").format(factor=factor, name=text)
        return text, told

    def _ago(self, operand: VariableOperand, name: str) -> str:
        pattern = self.words.word("words", "ago_one" if operand.offset == 1 else "ago")
        return pattern.format(count=operand.offset, name=name)

    def _named(self, operand: VariableOperand, pattern: Words) -> str:
        values = dict(self.registry.parameters(operand))
        text = self.words.of(pattern)
        # Inside brackets numbers stand for themselves: SMA(20), but 20봉 평균 거래량.
        bare = "(" in text
        return text.format(
            **{
                parameter.name: self._value(parameter, values[parameter.name], bare=bare)
                for parameter in self.registry[operand.variable].parameters
            }
        )

    def _value(self, parameter: Parameter, value: ParameterValue, *, bare: bool) -> str:
        if isinstance(value, str):
            if parameter.kind is ParameterKind.RULE:
                return f"‘{self._rules.get(value, value)}’"
            return self.words.choice(parameter, value)
        if parameter.counts is Counted.SECONDS:
            return self.words.length(value)
        if parameter.counts is Counted.BARS and not bare:
            return self.words.word("length", "bars").format(count=number(value))
        return number(value)

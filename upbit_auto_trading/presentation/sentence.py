"""Expressions as sentences, in Korean (해요체) and English.

A sentence comes as spans that know their condition, so that a screen can mark one of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.expression import (
    CHANGES,
    Comparator,
    Comparison,
    Expression,
    Group,
    GroupKind,
    VariableOperand,
)
from upbit_auto_trading.domain.variable import Unit
from upbit_auto_trading.presentation.korean_particles import has_particle, particle
from upbit_auto_trading.presentation.sentence_operand import Candles, OperandWords
from upbit_auto_trading.presentation.sentence_words import sentence_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_auto_trading.domain.variable import VariableRegistry

_SLOT: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a sentence.

    `node` is the condition it speaks of, empty between conditions; `strong` marks operands and
    numbers.
    """

    text: str
    node: str = ""
    strong: bool = False


class Sentences:
    """Says expressions in one language; `quote` is the currency prices are told in."""

    def __init__(
        self,
        language: str,
        registry: VariableRegistry,
        *,
        quote: str = "KRW",
        rules: Mapping[str, str] | None = None,
    ) -> None:
        self.words = sentence_words(language)
        self.operands = OperandWords(self.words, registry, quote, rules)

    def when(self, expression: Expression) -> tuple[Span, ...]:
        """Return `… 이하이면 발동해요.` / `Fires when ….`."""
        return self._framed("sentence", expression, "if")

    def fact(self, expression: Expression) -> tuple[Span, ...]:
        """Return what the expression claims: `… 이하예요.`."""
        return self._framed("fact", expression, "fact")

    def clause(self, expression: Expression) -> tuple[Span, ...]:
        """Return the condition alone, to go on from: `… 이하이면` / `… is at or below …`."""
        return _merged(_Telling(self.operands).told(expression, "if", denied=False, root=True))

    def text(self, expression: Expression) -> str:
        """Return `when` as plain text."""
        return "".join(span.text for span in self.when(expression))

    def _framed(self, frame: str, expression: Expression, form: str) -> tuple[Span, ...]:
        spans = _Telling(self.operands).told(expression, form, denied=False, root=True)
        before, _, after = self.words.word("words", frame).partition("{condition}")
        return _merged([Span(before), *spans, Span(after)])


class _Telling:
    """One sentence being told: remembers which candles it speaks of."""

    def __init__(self, operands: OperandWords) -> None:
        self._operands = operands
        self._words = operands.words
        self._candles: Candles | None = None

    def told(
        self, expression: Expression, form: str, *, denied: bool, root: bool = False
    ) -> list[Span]:
        if isinstance(expression, Comparison):
            return self._comparison(expression, form, denied=denied)
        if not expression.children:
            return self._phrase("empty", {}, form, denied=denied)
        if expression.kind is GroupKind.NOT:
            return self.told(expression.children[0], form, denied=not denied, root=root)
        if expression.kind is GroupKind.AT_LEAST:
            return self._at_least(expression, form, denied=denied)
        if len(expression.children) == 1:
            return self.told(expression.children[0], form, denied=denied, root=root)
        if denied:
            inner = self._joined(expression, "case", root=False)
            return self._phrase("denied_group", {"inner": inner}, form, denied=True)
        if root:
            return self._joined(expression, form, root=True)
        inner = self._joined(expression, form, root=False)
        return self._phrase("group", {"inner": inner}, form, denied=False)

    def _joined(self, group: Group, form: str, *, root: bool) -> list[Span]:
        joint = "and" if group.kind is GroupKind.ALL else "or"
        separator = Span(self._words.word("words", f"root_{joint}" if root else joint))
        spans: list[Span] = []
        last = len(group.children) - 1
        for place, child in enumerate(group.children):
            spans += self.told(child, form if place == last else joint, denied=False)
            if place < last:
                spans.append(separator)
        return spans

    def _at_least(self, group: Group, form: str, *, denied: bool) -> list[Span]:
        item = self._words.word("words", "at_least_item")
        separator = Span(self._words.word("words", "at_least_separator"))
        inner: list[Span] = []
        for place, child in enumerate(group.children):
            if place:
                inner.append(separator)
            inner += self._filled(item, {"inner": self.told(child, "case", denied=False)}, "")
        slots = {"inner": inner, "count": [Span(str(group.needed), group.id, strong=True)]}
        return self._phrase("at_least", slots, form, denied=denied)

    def _phrase(
        self, name: str, slots: dict[str, list[Span]], form: str, *, denied: bool
    ) -> list[Span]:
        pattern = self._words.word("words", name)
        if "{ending}" in pattern:
            ending = self._words.word("words", f"{name}_ending")
            pattern = pattern.replace("{ending}", self._words.ending(ending, form, denied=denied))
        return self._filled(pattern, slots, "")

    def _comparison(self, comparison: Comparison, form: str, *, denied: bool) -> list[Span]:
        predicate = self._words.predicates[comparison.comparator.value]
        text, ending = predicate["text"], predicate["ending"]
        if isinstance(comparison.right, VariableOperand) and "of_variable" in predicate:
            text = predicate["of_variable"]
            ending = predicate.get("of_variable_ending", ending)
        if comparison.span > 1:
            text = predicate["several"]
        text = text.replace("{ending}", self._words.ending(ending, form, denied=denied))
        return self._filled(text, self._slots(comparison), comparison.id)

    def _slots(self, comparison: Comparison) -> dict[str, list[Span]]:
        unit = self._operands.registry[comparison.left.variable].unit
        proportional = self._operands.registry[comparison.left.variable].is_proportional
        in_percent = comparison.comparator is Comparator.WITHIN_PERCENT
        right_unit = unit
        if comparison.comparator in CHANGES and proportional:
            right_unit = Unit.PERCENT
        texts: dict[str, str] = {}
        for name, operand, counted in (
            ("left", comparison.left, unit),
            ("right", comparison.right, right_unit),
            ("upper", comparison.upper, unit),
        ):
            texts[name], self._candles = self._operands.phrase(operand, counted, self._candles)
        texts["tolerance"] = self._operands.constant(
            comparison.tolerance, Unit.PERCENT if in_percent else unit
        )
        texts["span"] = str(comparison.span)
        slots = {name: [Span(text, comparison.id, strong=True)] for name, text in texts.items()}
        held = ""
        if comparison.for_bars > 1:
            held = self._words.word("words", "held").format(count=comparison.for_bars)
        slots["held"] = [Span(held, comparison.id)]
        return slots

    def _filled(self, pattern: str, slots: dict[str, list[Span]], node: str) -> list[Span]:
        """Put spans into a pattern; particles follow from what stands before them."""
        spans: list[Span] = []
        place = 0
        for found in _SLOT.finditer(pattern):
            spans.append(Span(pattern[place : found.start()], node))
            name = found[1]
            if has_particle(name):
                before = "".join(span.text for span in spans)
                spans.append(Span(particle(before, name), node))
            else:
                spans += slots[name]
            place = found.end()
        spans.append(Span(pattern[place:], node))
        return spans


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    """Return the spans without empty ones, neighbours of one kind joined."""
    merged: list[Span] = []
    for span in spans:
        if merged and (merged[-1].node, merged[-1].strong) == (span.node, span.strong):
            merged[-1] = Span(merged[-1].text + span.text, span.node, span.strong)
        elif span.text:
            merged.append(span)
    return tuple(merged)

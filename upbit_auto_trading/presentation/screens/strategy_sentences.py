"""A rule in a sentence whose numbers can be edited where they stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.rule import BuyAmount, BuyPercent, EnterMode, Role, Sell
from upbit_auto_trading.domain.rule_numbers import RuleNumber, rule_numbers
from upbit_auto_trading.presentation.i18n import _, language
from upbit_auto_trading.presentation.sentence import Sentences
from upbit_auto_trading.presentation.sentence_words import number as spelled
from upbit_auto_trading.presentation.widgets.rule_sentence import NumberField, Piece, Words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.domain.rule import Rule
    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.presentation.sentence import Span

_SLOT: Final = re.compile(r"\{([a-z_]+)\}")


class RuleSentences:
    """Says the rules of one strategy on markets of one quote currency."""

    def __init__(self, strategy: Strategy, quote: str = "KRW") -> None:
        self._names = rule_names(strategy)
        self.sentences = Sentences(language(), shipped_variables(), quote=quote, rules=self._names)
        self._money = self.sentences.words.money(quote)

    def pieces(self, rule: Rule) -> tuple[Piece, ...]:
        """Return the rule's sentence with its numbers as fields."""
        numbers = {each.path: each for each in rule_numbers(rule, shipped_variables())}
        clause = self._clause("trigger", rule.trigger, numbers)
        if rule.arming is None:
            told = _filled(_("When {condition}: "), {"condition": clause})
        else:
            arming = self._clause("arming", rule.arming, numbers)
            told = _filled(
                _("Armed once {arming}. From then on, when {condition}: "),
                {"arming": arming, "condition": clause},
            )
        told += self._action(rule, numbers)
        for path, pattern, slot in (
            ("blocks_entry", _(" · no new entry for {minutes} min"), "minutes"),
            ("limit", _(" · at most {limit} times a position"), "limit"),
            ("cooldown", _(" · not again for {seconds} s"), "seconds"),
        ):
            if path in numbers:
                told += _filled(pattern, {slot: [_field(numbers[path])]})
        return _joined(told)

    def plain(self, rule: Rule) -> str:
        """Return the sentence as text."""
        return "".join(piece.text for piece in self.pieces(rule))

    def _clause(
        self, part: str, expression: Expression, numbers: Mapping[str, RuleNumber]
    ) -> list[Piece]:
        wanted = [each for path, each in numbers.items() if path.startswith(f"{part}.")]
        spans = self.sentences.clause(expression)
        placed: dict[int, RuleNumber] = {}
        for each in reversed(wanted):
            place = _place_of(each, spans, placed)
            if place is not None:
                placed[place] = each
        pieces: list[Piece] = []
        for place, span in enumerate(spans):
            if place not in placed:
                pieces.append(Words(span.text, span.strong))
                continue
            text = spelled(placed[place].value)
            before, _found, after = span.text.partition(text)
            pieces += [Words(before, strong=True), _field(placed[place]), Words(after, strong=True)]
        return pieces

    def _action(self, rule: Rule, numbers: Mapping[str, RuleNumber]) -> list[Piece]:
        action = rule.action
        if isinstance(action, BuyAmount):
            pattern = _("buy for {amount}{money}")
            if rule.role is Role.SCALE_IN:
                pattern = _("buy for {amount}{money} more")
            return _filled(
                pattern, {"amount": [_field(numbers["amount"])], "money": [Words(self._money)]}
            )
        if isinstance(action, BuyPercent):
            return _filled(
                _("buy for {percent} % of the cash"), {"percent": [_field(numbers["percent"])]}
            )
        if isinstance(action, Sell):
            before = _("cancel open orders, then ") if action.cancels_orders else ""
            if "percent" not in numbers:
                return [Words(before + _("sell everything"))]
            told = _filled(
                _("sell {percent} % of the position"), {"percent": [_field(numbers["percent"])]}
            )
            return [Words(before), *told]
        if isinstance(action, EnterMode):
            return [Words(self._mode(action))]
        return [Words(_("tell me"))]

    def _mode(self, action: EnterMode) -> str:
        parts = []
        if action.suspends:
            parts.append(_("suspend {rules}").format(rules=self._listed(action.suspends)))
        if action.arms:
            parts.append(_("arm {rules}").format(rules=self._listed(action.arms)))
        done = _(" and ").join(parts) or _("change nothing else")
        return _("until the position closes, {done}").format(done=done)

    def _listed(self, rules: Sequence[str]) -> str:
        return ", ".join(f"‘{self._names.get(rule, rule)}’" for rule in rules)


def rule_names(strategy: Strategy) -> dict[str, str]:
    """Return the names of a strategy's rules in the language of now."""
    is_korean = language() == "ko"
    return {
        rule.id: rule.name.korean if is_korean else rule.name.english for rule in strategy.rules
    }


def number_text(number: RuleNumber) -> str:
    """Return a number as it stands in its field."""
    return spelled(number.value)


def number_name(number: RuleNumber) -> str:
    """Return what a number is called aloud and in messages."""
    names = {
        "amount": _("Amount to buy for"),
        "percent": _("Share in percent"),
        "limit": _("Most times a position"),
        "blocks_entry": _("Minutes without a new entry"),
        "cooldown": _("Seconds until it may fire again"),
    }
    if number.comparison is None:
        return names[number.path]
    variable = shipped_variables()[number.comparison.left.variable].short
    name = variable.korean if language() == "ko" else variable.english
    return _("Threshold of {variable}").format(variable=name)


def range_problem(number: RuleNumber) -> str:
    """Return which numbers a place takes."""
    lowest, highest = spelled(number.lowest), spelled(number.highest)
    if number.whole:
        return _("A whole number from {lowest} to {highest}").format(lowest=lowest, highest=highest)
    return _("A number from {lowest} to {highest}").format(lowest=lowest, highest=highest)


def parsed_number(text: str) -> float | None:
    """Return the number that was typed, None where it is none."""
    plain = text.replace(",", "").replace("\u2212", "-").replace(" ", "")
    try:
        number = float(plain)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _field(number: RuleNumber) -> NumberField:
    return NumberField(number.path, number_text(number), number_name(number))


def _place_of(
    number: RuleNumber, spans: Sequence[Span], taken: Mapping[int, RuleNumber]
) -> int | None:
    """Find the operand that tells a number: the last one of its condition that isn't taken."""
    if number.comparison is None:
        return None
    text = spelled(number.value)
    for place in range(len(spans) - 1, -1, -1):
        span = spans[place]
        if span.node != number.comparison.id or not span.strong or place in taken:
            continue
        if re.search(rf"(?<![\d.,]){re.escape(text)}(?![\d.,])", span.text):
            return place
    return None


def _filled(pattern: str, slots: Mapping[str, Sequence[Piece]]) -> list[Piece]:
    pieces: list[Piece] = []
    place = 0
    for found in _SLOT.finditer(pattern):
        pieces.append(Words(pattern[place : found.start()]))
        pieces += slots[found[1]]
        place = found.end()
    pieces.append(Words(pattern[place:]))
    return pieces


def _joined(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Return the pieces without empty ones, neighbours of one kind joined."""
    joined: list[Piece] = []
    for piece in pieces:
        if not piece.text and isinstance(piece, Words):
            continue
        last = joined[-1] if joined else None
        if isinstance(piece, Words) and isinstance(last, Words) and last.strong == piece.strong:
            joined[-1] = Words(last.text + piece.text, piece.strong)
        else:
            joined.append(piece)
    return tuple(joined)

"""What a rule sees now, in words: its value, how far it is from firing, and why (not)."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.decision import Suppression
from upbit_auto_trading.domain.expression import comparisons
from upbit_auto_trading.domain.market import quote_of
from upbit_auto_trading.domain.money import exact, tick_size
from upbit_auto_trading.domain.rule import EnterMode, Role
from upbit_auto_trading.domain.timeframe import from_epoch_ms
from upbit_auto_trading.domain.truth import Truth, UnknownReason
from upbit_auto_trading.domain.variable import Unit
from upbit_auto_trading.presentation import formatting, wording
from upbit_auto_trading.presentation.i18n import _, language
from upbit_auto_trading.presentation.screens.preview_words import shown_value
from upbit_auto_trading.presentation.sentence_operand import OperandWords
from upbit_auto_trading.presentation.sentence_words import sentence_words
from upbit_auto_trading.presentation.widgets.rule_card import RuleNow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_auto_trading.application.paper_views import RuleView
    from upbit_auto_trading.domain.evaluation_record import ComparisonRecord
    from upbit_auto_trading.domain.expression import Comparison
    from upbit_auto_trading.domain.firing_price import FiringPrice

_PADDING: Final = 0.08
# How many steps a price may be off one that it means.
_ON_STEP: Final = 1e-6
_MEANT: Final = frozenset({UnknownReason.NO_POSITION, UnknownReason.NOT_ARMED})


def rule_now(view: RuleView, market: str, names: Mapping[str, str], held_back: str = "") -> RuleNow:
    """What one rule sees; `names` are those of the strategy's rules by id.

    `held_back` stands in the place of its values while the data can't be trusted.
    """
    pairs = list(zip(comparisons(view.rule.trigger), view.comparisons, strict=True))
    comparison, record = _telling(pairs)
    label, value, told_away, place, hint = "", "", "", None, ""
    if comparison is not None and record is not None:
        label, value = _value(comparison, record, market, names)
        told_away = away(comparison, record, market)
        place = _place(comparison, record)
        hint = _why(record)
    if held_back and not _is_waiting(record):
        return RuleNow(Truth.UNKNOWN.value, held_back, fired=_fired(view), hint=hint)
    outlook, ink = _outlook(view, market)
    return RuleNow(
        view.truth.value,
        _waiting(record) if _is_waiting(record) else label,
        "" if _is_waiting(record) else value,
        told_away,
        place,
        outlook,
        ink,
        _fired(view),
        hint,
    )


def nothing_now(words: str) -> RuleNow:
    """A rule of which nothing is known yet."""
    return RuleNow(label=words)


def _fired(view: RuleView) -> str:
    return _("fired {count}×").format(count=f"{view.fired_ever:,}")


def _telling(
    pairs: list[tuple[Comparison, ComparisonRecord]],
) -> tuple[Comparison | None, ComparisonRecord | None]:
    """Return the condition that decides: the first that doesn't hold, else the first of all."""
    for comparison, record in pairs:
        if record.truth is not Truth.TRUE:
            return comparison, record
    return pairs[0] if pairs else (None, None)


def _unit(comparison: Comparison) -> Unit:
    return shipped_variables()[comparison.left.variable].unit


def _value(
    comparison: Comparison, record: ComparisonRecord, market: str, names: Mapping[str, str]
) -> tuple[str, str]:
    said, quote = sentence_words(language()), quote_of(market)
    words = OperandWords(said, shipped_variables(), quote, names)
    label = words.label(comparison.left).name
    if record.left is None:
        return label, "◌"
    return label, shown_value(_unit(comparison), record.left, market)


def away(comparison: Comparison, record: ComparisonRecord, market: str) -> str:
    """How far a condition is from holding, empty where it holds or that isn't known."""
    if record.distance is None or record.truth is Truth.TRUE:
        return ""
    unit, distance = _unit(comparison), abs(record.distance)
    if unit is Unit.PERCENT:
        return _("{n} %p to go").format(n=f"{distance:.2f}")
    if unit is Unit.COUNT:
        return _("{n} more to go").format(n=f"{distance:.0f}")
    return _("{n} to go").format(n=shown_value(unit, distance, market))


def _place(comparison: Comparison, record: ComparisonRecord) -> tuple[float, float] | None:
    """Where value and threshold lie on a line that holds both, and zero or the scale's ends."""
    value, threshold = record.left, record.right
    if value is None or threshold is None:
        return None
    variable = shipped_variables()[comparison.left.variable]
    if variable.unit is Unit.INDEX and variable.maximum is not None:
        low, high = variable.minimum or 0.0, variable.maximum
    elif variable.unit is Unit.PRICE:
        low, high = sorted((value, threshold))
    else:
        low, high = min(value, threshold, 0.0), max(value, threshold, 0.0)
    room = (high - low) * _PADDING or 1.0
    low, high = low - room, high + room
    return (value - low) / (high - low), (threshold - low) / (high - low)


def _is_waiting(record: ComparisonRecord | None) -> bool:
    return record is not None and any(each.reason in _MEANT for each in record.unknown)


def _waiting(record: ComparisonRecord | None) -> str:
    """What a rule waits for that can't be known before."""
    reasons = set() if record is None else {each.reason for each in record.unknown}
    if UnknownReason.NO_POSITION in reasons:
        return _("waits for a position")
    return _("not armed yet")


def _why(record: ComparisonRecord) -> str:
    return ", ".join(wording.unknown(each.reason) for each in record.unknown)


def _outlook(view: RuleView, market: str) -> tuple[str, str]:
    """The price it would fire at, or what keeps it from acting, with its colour."""
    rule = view.rule
    ink = {Role.SCALE_IN: "scale-in"}.get(rule.role, rule.role.value)
    if view.suppression is not None and view.suppression is not Suppression.FLAT:
        return suppressed(view), "text-3"
    if view.truth is Truth.TRUE:
        # A buy acts on the edge: one that holds already has acted, or had its chance.
        if view.suppression is None and rule.role in (Role.ENTRY, Role.SCALE_IN):
            return _("holds · acts when it turns true anew"), "good"
        return _("holds now"), "good"
    if view.firing_price is not None:
        unit = sentence_words(language()).money(quote_of(market))
        return f"→ {firing_text(market, view.firing_price)}{unit}", ink
    if rule.role is Role.ENTRY:
        return _("at a candle's close"), "text-3"
    if isinstance(rule.action, EnterMode) or view.truth is Truth.UNKNOWN:
        return "", "text-3"
    return _("decided later"), "text-3"


def firing_text(market: str, firing: FiringPrice) -> str:
    """The first price the market can have at which the rule would fire."""
    return formatting.price(market, first_price(market, firing))


def first_price(market: str, firing: FiringPrice) -> float:
    """Return the market's next price step at or beyond a firing price."""
    if not firing.price > 0:
        return firing.price
    step = float(tick_size(market, exact(firing.price)))
    steps = firing.price / step
    near = round(steps)
    if abs(steps - near) < _ON_STEP:
        return near * step
    return (ceil(steps) if firing.from_below else floor(steps)) * step


def suppressed(view: RuleView) -> str:
    """What keeps a rule from acting now; empty where nothing does."""
    facts = dict(view.facts)
    code = view.suppression
    if code in (Suppression.ENTRY_BLOCKED, Suppression.COOLING_DOWN) and "until_ms" in facts:
        until = from_epoch_ms(int(float(facts["until_ms"]))).astimezone(formatting.KST)
        pattern = (
            _("blocked until {time}")
            if code is Suppression.ENTRY_BLOCKED
            else _("cooling down until {time}")
        )
        return pattern.format(time=f"{until:%H:%M:%S}")
    if code is Suppression.LIMIT_REACHED and "limit" in facts:
        return _("limit of {limit} reached").format(limit=f"{float(facts['limit']):.0f}")
    words = {
        Suppression.HOLDING: _("holding: judged only"),
        Suppression.FLAT: _("nothing held"),
        Suppression.SUSPENDED: _("suspended by a mode"),
        Suppression.ORDER_OPEN: _("an order is open"),
        Suppression.ANOTHER_ORDERED: _("another rule ordered"),
        Suppression.IN_MODE: _("already in that mode"),
        Suppression.RUN_SUSPENDED: _("orders are suspended"),
        Suppression.LIMIT_REACHED: _("it has acted as often as it may"),
        Suppression.ENTRY_BLOCKED: _("entries are blocked after a crash"),
        Suppression.COOLING_DOWN: _("it is cooling down"),
        Suppression.BACKFILLED: _("the data came later"),
    }
    return "" if code is None else words.get(code, code.value)

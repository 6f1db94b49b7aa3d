"""What the preview says: counts, warnings, one firing's numbers, what a scenario gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.preview_job import MOST_DRAWN
from upbit_auto_trading.application.scenario_expectations import Expectation
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.decision import Suppression
from upbit_auto_trading.domain.evaluation_record import ComparisonRecord, GroupRecord
from upbit_auto_trading.domain.expression import CHANGES, Comparator, comparisons
from upbit_auto_trading.domain.market import quote_of
from upbit_auto_trading.domain.order import Refusal
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.domain.timeframe import from_epoch_ms, parse_timeframe
from upbit_auto_trading.domain.variable import Unit
from upbit_auto_trading.presentation import formatting, wording
from upbit_auto_trading.presentation.i18n import _, language
from upbit_auto_trading.presentation.sentence_operand import OperandWords
from upbit_auto_trading.presentation.sentence_words import sentence_words
from upbit_auto_trading.presentation.viewmodels.preview_model import PreviewState
from upbit_auto_trading.presentation.widgets.chart_gaps import ChartGap
from upbit_auto_trading.presentation.widgets.chart_plan import value_text
from upbit_auto_trading.presentation.widgets.condition_looks import CountLook
from upbit_auto_trading.presentation.widgets.preview_record import RecordLook, RecordRow
from upbit_auto_trading.presentation.widgets.preview_scenarios import ScenarioLook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from upbit_auto_trading.application.condition_counts import ConditionCount
    from upbit_auto_trading.application.preview_firings import PreviewFiring
    from upbit_auto_trading.application.preview_job import PreviewResult
    from upbit_auto_trading.application.preview_scenarios import ScenarioResult
    from upbit_auto_trading.domain.evaluation_record import Record
    from upbit_auto_trading.domain.expression import Comparison, Expression
    from upbit_auto_trading.presentation.viewmodels.preview_model import PreviewModel

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ICONS: Final = {
    "trend": "trending-up",
    "decline": "trending-down",
    "surge": "rocket",
    "crash": "siren",
    "sideways": "move-horizontal",
    "moving-average-cross": "activity",
}
_SIGNS: Final = {
    Comparator.LESS: "<",
    Comparator.LESS_EQUAL: "≤",
    Comparator.GREATER: ">",
    Comparator.GREATER_EQUAL: "≥",
    Comparator.EQUAL: "=",
    Comparator.NOT_EQUAL: "≠",
}
_IN_HAND: Final = frozenset({PreviewState.LOADING, PreviewState.COMPUTING, PreviewState.READY})
ROLE_INKS: Final = {
    Role.ENTRY: "entry",
    Role.SCALE_IN: "scale-in",
    Role.EXIT: "exit",
    Role.RISK: "risk",
    Role.MANAGEMENT: "management",
}


def scenario_word(name: str) -> str:
    """A scenario's name."""
    return {
        "trend": _("Rise"),
        "decline": _("Decline"),
        "surge": _("Surge"),
        "crash": _("Crash"),
        "sideways": _("Sideways"),
        "moving-average-cross": _("Averages cross"),
    }[name]


def periods() -> list[tuple[str, str]]:
    """How far back a preview can go."""
    return [
        ("1000", _("1,000 candles")),
        ("1d", _("1 day")),
        ("7d", _("7 days")),
        ("30d", _("30 days")),
    ]


def basis(model: PreviewModel, timeframe: str) -> str:
    """Which data is used."""
    if model.scenario:
        return _("made-up minutes, no real prices")
    length = formatting.timeframe_name(parse_timeframe(timeframe))
    return _("the same closed candles as live: {length}").format(length=length)


def suppression(code: str) -> str:
    """What kept a firing from acting."""
    return {
        Suppression.SUSPENDED.value: _("suspended"),
        Suppression.HOLDING.value: _("already holding"),
        Suppression.FLAT.value: _("nothing held"),
        Suppression.ENTRY_BLOCKED.value: _("entries blocked"),
        Suppression.LIMIT_REACHED.value: _("limit reached"),
        Suppression.COOLING_DOWN.value: _("cooling down"),
        Suppression.ANOTHER_ORDERED.value: _("another rule ordered"),
        Suppression.ORDER_OPEN.value: _("an order is open"),
        Suppression.BACKFILLED.value: _("came late"),
        Suppression.IN_MODE.value: _("already in that mode"),
        Refusal.BELOW_MINIMUM.value: _("below the minimum"),
        Refusal.NOT_ENOUGH_CASH.value: _("not enough cash"),
    }.get(code, code)


def counts(result: PreviewResult | None) -> tuple[str, str, str]:
    """How often it fired, how often it was suppressed, and why."""
    if result is None:
        return "", "", ""
    fired = _("fired {count}×").format(count=f"{result.fired:,}")
    held_back = sum(result.suppressed.values())
    if not held_back:
        return fired, "", ""
    reasons = " · ".join(
        f"{suppression(code)} {count:,}" for code, count in sorted(result.suppressed.items())
    )
    return fired, _("suppressed {count}×").format(count=f"{held_back:,}"), reasons


def condition_counts(model: PreviewModel, root: Expression) -> dict[str, CountLook]:
    """How often each condition of the tree held by itself.

    Only conditions that are still what was counted have a count, and none has while an older
    result is on screen for long.
    """
    result, trigger = model.shown, model.shown_of
    is_waiting = model.is_slow or model.state not in _IN_HAND
    if result is None or trigger is None or (model.is_outdated and is_waiting):
        return {}
    now = {one.id: one for one in comparisons(root)}
    return {
        one.id: _count(result.conditions[one.id], result, model)
        for one in comparisons(trigger)
        if one.id in result.conditions and now.get(one.id) == one
    }


def _count(count: ConditionCount, result: PreviewResult, model: PreviewModel) -> CountLook:
    short = _("true {n}\u00d7").format(n=f"{count.turns:,}")
    where = scenario_word(model.scenario) if model.scenario else dict(periods())[model.period]
    told = [_("{where}: turned true {n}\u00d7.").format(where=where, n=f"{count.turns:,}")]
    long = short
    if count.candles is not None:
        held = f"{count.candles:,}"
        long = _("true {n}\u00d7 · {candles} candles").format(n=f"{count.turns:,}", candles=held)
        told.append(_("It held on {n} of {all} candles.").format(n=held, all=f"{result.bars:,}"))
    if count.at_firings is not None and result.fired:
        told.append(
            _("It was true at {n} of {all} firings.").format(
                n=f"{count.at_firings:,}", all=f"{result.fired:,}"
            )
        )
    return CountLook(short, long, " ".join(told))


def warning(model: PreviewModel) -> str:
    """What makes part of the preview unreliable, empty where nothing does."""
    result = model.shown
    if result is None:
        return ""
    told = []
    if result.lacking:
        names = ", ".join(_short(name) for name in result.lacking)
        told.append(_("the past has no {names}: unknown there").format(names=names))
    if result.fired + sum(result.suppressed.values()) > MOST_DRAWN:
        told.append(_("only the newest {count} are drawn").format(count=f"{MOST_DRAWN:,}"))
    if result.assumes_position:
        told.append(_("run through the paper engine, holding from the first candle"))
    if not model.scenario:
        if not model.is_complete:
            told.append(_("live candles have a gap that is being filled"))
        if model.reached_start:
            told.append(_("the market is younger than the period"))
    if result.bars and result.settled_ms >= result.last_ms:
        told.append(_("too few candles: the indicators never settle"))
    return " · ".join(told)


def gaps(model: PreviewModel) -> list[ChartGap]:
    """The stretches that can't be trusted."""
    result = model.shown
    if result is None or result.settled_ms <= result.first_ms:
        return []
    end = min(result.settled_ms, result.last_ms)
    return [ChartGap(result.first_ms, end, _("warming up"), is_warm_up=True)]


def progress(model: PreviewModel) -> str:
    """What is awaited, once it takes long."""
    if model.trying:
        return _("trying scenarios")
    if not model.is_slow:
        return ""
    share = f"{model.progress * 100:.0f}"
    if model.state is PreviewState.LOADING:
        return _("fetching candles, {percent} %").format(percent=share)
    if model.state is PreviewState.COMPUTING:
        return _("computing, {percent} %").format(percent=share)
    return ""


def took(result: PreviewResult | None) -> str:
    """How long the calculation took."""
    return "" if result is None else _("in {ms} ms").format(ms=f"{result.seconds * 1000:.0f}")


def nothing(model: PreviewModel) -> tuple[str, str]:
    """Why there is no preview, and what to do; empty where there is one."""
    if model.state is PreviewState.NOTHING:
        return _("Nothing to preview yet"), _("Add a condition: its past firings appear here.")
    if model.state is PreviewState.UNFINISHED:
        return (
            _("The trigger isn't finished"),
            _("Fill in what is missing: the preview follows at once."),
        )
    if model.state is PreviewState.FAILED:
        if model.failure is None:
            return _("The preview broke off"), _("It starts again with the next change.")
        why = wording.failure(model.failure)
        return _("The candles didn't come: {why}").format(why=why), _("Press F5 to try again.")
    return "", ""


def record_look(firing: PreviewFiring, trigger: Expression, role: Role, market: str) -> RecordLook:
    """One firing with every number behind it."""
    held_back = bool(firing.suppressed)
    title = _("Suppressed {number}") if held_back else _("Fired {number}")
    moment = from_epoch_ms(firing.ms).astimezone(formatting.KST)
    quote = quote_of(market)
    return RecordLook(
        ("△ " if held_back else "▲ ") + title.format(number=f"{firing.number:,}"),
        "warn" if held_back else ROLE_INKS[role],
        f"{moment:%m-%d %H:%M:%S}",
        formatting.price(market, firing.price) + sentence_words(language()).money(quote),
        suppression(firing.suppressed) if held_back else "",
        tuple(record_rows(trigger, firing.record, market)),
    )


def record_rows(trigger: Expression, record: Record | None, market: str) -> Iterator[RecordRow]:
    """Each condition's truth with its operands' values."""
    if record is None:
        return
    words = sentence_words(language())
    operands = OperandWords(words, shipped_variables(), quote_of(market))
    told = {leaf.node: leaf for leaf in leaves(record)}
    for place, comparison in enumerate(comparisons(trigger)):
        leaf = told.get(comparison.id)
        if leaf is None:
            continue
        letter = _LETTERS[place] if place < len(_LETTERS) else str(place + 1)
        hint = ", ".join(wording.unknown(each.reason) for each in leaf.unknown)
        label = operands.label(comparison.left).text
        yield RecordRow(letter, leaf.truth.value, label, numbers_of(comparison, leaf, market), hint)


def leaves(record: Record) -> Iterator[ComparisonRecord]:
    """The comparisons of a record, left to right."""
    if isinstance(record, GroupRecord):
        for child in record.children:
            yield from leaves(child)
    else:
        yield record


def numbers_of(comparison: Comparison, leaf: ComparisonRecord, market: str) -> str:
    """Left value, comparator and right value: `28.4 < 30`."""
    variable = shipped_variables()[comparison.left.variable]
    unit = variable.unit
    if comparison.comparator in CHANGES and variable.is_proportional:
        unit = Unit.PERCENT
    left = "◌" if leaf.left is None else shown_value(unit, leaf.left, market)
    sign = _SIGNS.get(comparison.comparator) or sentence_words(language()).comparator(
        comparison.comparator
    )
    if leaf.right is None:
        return left if comparison.right is None else f"{left} {sign} ◌"
    text = f"{left} {sign} {shown_value(unit, leaf.right, market)}"
    if leaf.upper is not None:
        text += f"–{shown_value(unit, leaf.upper, market)}"
    return text


def shown_value(unit: Unit, value: float, market: str) -> str:
    """A value in its unit, as short as eyes need it."""
    if unit is Unit.WEEKDAY:
        return sentence_words(language()).amount(value, unit, quote_of(market))
    if unit is Unit.COUNT:
        return f"{value:,.0f}"
    if unit is Unit.PERCENT:
        return formatting.percent(value / 100)
    return value_text(market, unit, value)


def scenario_looks(
    names: tuple[str, ...],
    tried: Mapping[str, ScenarioResult],
    expected: Mapping[str, Expectation],
    shown: str,
    trying: str,
) -> list[ScenarioLook]:
    """What each scenario gave, held against what is expected of it."""
    expectations = {
        Expectation.FIRES: _("expect: fires"),
        Expectation.QUIET: _("expect: quiet"),
        Expectation.EITHER: _("expect: either"),
    }
    looks = []
    for name in names:
        result = tried.get(name)
        verdict, word = "", ""
        outcome = _("trying…") if trying in (name, "all") else _("not tried yet")
        if result is not None:
            is_met = expected[name].is_met(result.paths, result.paths_fired)
            if is_met is not None:
                verdict = "pass" if is_met else "fail"
                word = _("PASS") if is_met else _("FAIL")
            outcome = _("{paths}/{all} paths · {count}×").format(
                paths=result.paths_fired, all=result.paths, count=f"{result.fired:,}"
            )
        looks.append(
            ScenarioLook(
                name,
                _ICONS[name],
                scenario_word(name),
                verdict,
                word,
                outcome,
                expectations[expected[name]],
                name == shown,
            )
        )
    return looks


def _short(variable: str) -> str:
    words = shipped_variables()[variable].short
    return words.korean if language() == "ko" else words.english

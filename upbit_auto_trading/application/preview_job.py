"""A preview as one calculation: plain data in, plain data out, so that it can be done elsewhere."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from time import perf_counter
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.backtest import Conditions, backtest_candles
from upbit_auto_trading.application.condition_counts import count_conditions, watching_rules
from upbit_auto_trading.application.preview import preview_trigger
from upbit_auto_trading.application.preview_firings import Firings
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.decision import Outcome
from upbit_auto_trading.domain.evaluation import UnfinishedComparisonError
from upbit_auto_trading.domain.expression import Comparator, Comparison, Constant, operands
from upbit_auto_trading.domain.expression import variable as reading_of
from upbit_auto_trading.domain.position_variables import STATE_SUPPLIERS
from upbit_auto_trading.domain.rule import BuyAmount, Notify, Role, Rule, Sell
from upbit_auto_trading.domain.rule_plan import Telling
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.timeframe import TIMEFRAMES, parse_timeframe
from upbit_auto_trading.domain.variable import Anchor, InvalidOperandError, Need, Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_auto_trading.application.condition_counts import ConditionCount
    from upbit_auto_trading.domain.calculation import Report
    from upbit_auto_trading.domain.candle_series import CandleColumns
    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.domain.indicator import IndicatorPort
    from upbit_auto_trading.domain.replay import Replay
    from upbit_auto_trading.domain.rule import Action

MOST_DRAWN: Final = 2_000
"""How many firings are told one by one; older ones are only counted."""

POSITION: Final = Decimal(100_000)
"""What the assumed position of a preview is bought for, in the quote currency."""

CANT_BE_JUDGED: Final = (LookupError, InvalidOperandError, UnfinishedComparisonError)
"""What compiling a trigger raises: unknown or uncomputed variables, wrong or missing operands."""

CASH: Final = Decimal(10_000_000)
"""The cash of a preview that buys, or that reads an account."""

_TRIGGER: Final = "trigger"
_ENTRY: Final = "assumed_entry"
_NAMELESS: Final = Words("", "")
# How many times its first known value's candles a running indicator takes to settle.
_SETTLING: Final = 4
_NOT_ACTED: Final = frozenset({Outcome.SUPPRESSED, Outcome.REFUSED, Outcome.OBSERVED})
# Coarser steps would hide more than they save.
_COARSEST_S: Final = 3_600
_FINE_S: Final = 300


@dataclass(frozen=True, slots=True)
class PreviewResult:
    """Where a trigger fired on candles.

    `fired`, `suppressed` and `bars` count all from the job's `from_ms` on; `firings` are the
    newest `MOST_DRAWN` of them, oldest first. Before `settled_ms` indicators are still warming
    up. `lacking` are variables that the past has no values for, `assumes_position`: a position
    was bought for the preview. `conditions` has the counts of each condition by its id, without
    those the past has no values for.
    """

    firings: Firings
    fired: int
    suppressed: Mapping[str, int]
    bars: int
    first_ms: int
    last_ms: int
    settled_ms: int
    assumes_position: bool
    lacking: tuple[str, ...]
    seconds: float
    conditions: Mapping[str, ConditionCount] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PreviewJob:
    """What is to be previewed: a trigger in a role on candles of `length_ms`.

    `indicators` cross to where the work is done. `cooldown_ms` must pass between two firings.
    Candles before `from_ms` are there to settle indicators: what happens on them isn't told.
    With `counts_conditions` each condition is counted by itself, too.
    """

    trigger: Expression
    role: Role
    candles: CandleColumns
    length_ms: int
    indicators: IndicatorPort | None = None
    cooldown_ms: int = 0
    counts_conditions: bool = True
    from_ms: int = 0


def base_timeframe(trigger: Expression) -> str:
    """Return the candles a trigger is previewed on: minutes, or longer ones where those suffice.

    A trigger that reads ticks or short candles needs minutes; one that reads long closed candles
    only is the same on their own ticks.
    """
    registry = shipped_variables()
    lengths = []
    for operand in operands(trigger):
        needs = registry[operand.variable].needs
        if operand.timeframe is None or Need.TICKS in needs or Need.POSITION in needs:
            return "1m"
        length = parse_timeframe(operand.timeframe)
        lengths.append(length.seconds if length.is_fixed else _COARSEST_S)
    shortest = min(lengths, default=60)
    if shortest < _FINE_S:
        return "1m"
    fixed = [each for each in TIMEFRAMES.values() if each.is_fixed and each.seconds >= _FINE_S]
    fitting = [each for each in fixed if each.seconds <= min(shortest, _COARSEST_S)]
    return max(fitting, key=lambda each: each.seconds).code


def settling_ms(trigger: Expression) -> int:
    """Return how long after the first candle indicators may still differ from what they become."""
    registry = shipped_variables()
    longest = 0
    for operand in operands(trigger):
        if operand.timeframe is None:
            continue
        entry = registry[operand.variable]
        bars = registry.warm_up(operand)
        if entry.anchor is Anchor.RUN and bars > 1:
            bars *= _SETTLING
        seconds = parse_timeframe(operand.timeframe).seconds
        longest = max(longest, (bars + operand.offset) * seconds * 1000)
    return longest


def preview(report: Report, job: PreviewJob) -> PreviewResult:
    """Return where the trigger would have fired.

    Raises:
        UnknownVariableError, InvalidOperandError, UnfinishedComparisonError: a trigger that
            can't be compiled.
        NoIndicatorError: nobody computes a variable.
    """
    report(0.0)
    started = perf_counter()
    assumes = needs_position(job.trigger, job.role)
    done = _holding(report, job) if assumes else _flat(job)
    told = [
        (decision, decision.evaluation, decision.reason if decision.outcome in _NOT_ACTED else "")
        for decision in done.decisions
        if decision.rule == _TRIGGER
        and decision.evaluation is not None
        and decision.ms >= job.from_ms
    ]
    counts: Mapping[str, ConditionCount] = {}
    if job.counts_conditions:
        fired = [decision for decision, _, reason in told if not reason]
        counts = count_conditions(job.trigger, done, fired, job.from_ms)
    reasons = Counter(reason for _, _, reason in told if reason)
    first = max(0, len(told) - MOST_DRAWN)
    firings = Firings.of(job.trigger, told[first:], first + 1)
    start_ms = job.candles.start_ms
    first_ms, last_ms = (int(start_ms[0]), int(start_ms[-1])) if len(start_ms) else (0, 0)
    return PreviewResult(
        firings,
        len(told) - reasons.total(),
        dict(reasons),
        int(len(start_ms) - start_ms.searchsorted(job.from_ms)),
        first_ms,
        last_ms + job.length_ms,
        first_ms + settling_ms(job.trigger),
        assumes,
        _lacking(job.trigger),
        perf_counter() - started,
        counts,
    )


def answer(report: Report, job: PreviewJob) -> PreviewResult | None:
    """Return `preview`, None where the trigger can't be judged as it is."""
    try:
        return preview(report, job)
    except CANT_BE_JUDGED:
        return None


def needs_position(trigger: Expression, role: Role) -> bool:
    """Return whether a preview has to assume a position and an account to judge the trigger."""
    reads = any(each.variable in STATE_SUPPLIERS for each in operands(trigger))
    return reads or role is Role.SCALE_IN


def _flat(job: PreviewJob) -> Replay:
    return preview_trigger(
        job.trigger,
        job.candles,
        job.length_ms,
        job.indicators,
        cooldown_ms=job.cooldown_ms,
    ).backtest.replay


def _holding(report: Report, job: PreviewJob) -> Replay:
    """Run the trigger as a rule of a position that is bought first, and again after each sale."""
    is_exit = job.role in (Role.EXIT, Role.RISK)
    role = Role.EXIT if is_exit or job.role is Role.ENTRY else job.role
    action: Action = Sell() if is_exit else Notify()
    if job.role is Role.SCALE_IN:
        action = BuyAmount(POSITION)
    flat = Comparison(reading_of("exposure_percent"), Comparator.LESS_EQUAL, Constant(0.0))
    rules: tuple[Rule, ...] = (
        Rule(_TRIGGER, 1, _NAMELESS, role, job.trigger, action, cooldown_ms=job.cooldown_ms),
        Rule(_ENTRY, 2, _NAMELESS, Role.ENTRY, flat, BuyAmount(POSITION)),
    )
    watching = watching_rules(job.trigger) if job.counts_conditions else ()
    telling = Telling(frozenset({_TRIGGER}), frozenset(rule.id for rule in watching))
    done = backtest_candles(
        Strategy("preview", _NAMELESS, rules + watching),
        job.candles,
        job.length_ms,
        Conditions(CASH),
        job.indicators,
        telling=telling,
        progress=lambda place, count: report(place / max(count, 1)),
    )
    return done.replay


def _lacking(trigger: Expression) -> tuple[str, ...]:
    """Return the variables that candles alone can't tell."""
    registry = shipped_variables()
    read = dict.fromkeys(operand.variable for operand in operands(trigger))
    return tuple(name for name in read if Need.ORDERBOOK in registry[name].needs)

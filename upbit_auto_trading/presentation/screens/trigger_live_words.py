"""What the canvas says of each condition now: value, threshold, distance, truth, age, reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.evaluation_record import ComparisonRecord, GroupRecord
from upbit_auto_trading.domain.expression import (
    CHANGES,
    CROSSINGS,
    RANGES,
    Bar,
    Comparator,
    Comparison,
    GroupKind,
    VariableOperand,
    walk,
)
from upbit_auto_trading.domain.market import base_of
from upbit_auto_trading.domain.stream import Source
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.domain.truth import Truth, Unknown, UnknownReason
from upbit_auto_trading.domain.variable import Need, Unit
from upbit_auto_trading.presentation import formatting, wording
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.sentence_words import number
from upbit_auto_trading.presentation.widgets.condition_looks import LiveLook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from upbit_auto_trading.application.live_conditions import ConditionsNow
    from upbit_auto_trading.domain.evaluation_record import Record
    from upbit_auto_trading.domain.expression import Expression, Operand
    from upbit_auto_trading.domain.variable import Variable
    from upbit_auto_trading.presentation.screens.trigger_words import TriggerWords

_STALE: Final = frozenset({UnknownReason.STALE, UnknownReason.DISCONNECTED, UnknownReason.GAP})
_MARKET: Final = frozenset({Need.CANDLES, Need.TICKS, Need.ORDERBOOK})
# How far from the threshold the end of the bar is, where a variable has no range of its own.
_FAR_PERCENT: Final = 2.0
_FAR_SHARE: Final = 0.01
_LEFT_TICK, _RIGHT_TICK = 0.28, 0.72
_DECIMALS: Final = {Unit.PERCENT: 2, Unit.INDEX: 1, Unit.RATIO: 2}


def truth_word(truth: str) -> str:
    """True, false or held back, in one word."""
    return {"true": _("true"), "false": _("false"), "unknown": _("on hold")}[truth]


def figures(
    words: TriggerWords, root: Expression, now: ConditionsNow, wall_s: float
) -> dict[str, LiveLook]:
    """Return what every node of the tree shows at this moment; `wall_s` is epoch seconds."""
    nodes = {node.id: node for node in walk(root)}
    if now.record is None:
        text = "" if now.held_back is None else _reason(words, Unknown(now.held_back))
        if now.failure is not None:
            text = wording.failure(now.failure)
        return {
            node: LiveLook("unknown", truth_word("unknown"), basis=text)
            for node, found in nodes.items()
            if isinstance(found, Comparison)
        }
    shown: dict[str, LiveLook] = {}
    for record in _records(now.record):
        node = nodes.get(record.node)
        if isinstance(record, ComparisonRecord) and isinstance(node, Comparison):
            shown[record.node] = _condition(words, node, record, now, wall_s)
        elif isinstance(record, GroupRecord) and record.children and node is not None:
            shown[record.node] = _group(record, node, now)
    return shown


def _records(record: Record) -> Iterator[Record]:
    yield record
    if isinstance(record, GroupRecord):
        for child in record.children:
            yield from _records(child)


def _group(record: GroupRecord, node: Expression, now: ConditionsNow) -> LiveLook:
    truth = "unknown" if now.held_back else record.truth.value
    kind = getattr(node, "kind", GroupKind.ALL)
    if now.held_back:
        # What was counted last says nothing of now.
        summary = ""
    elif kind is GroupKind.NOT:
        summary = _("true while what is inside is false")
    else:
        summary = _("{n} of {m} true").format(n=record.true, m=len(record.children))
        unknown = sum(child.truth is Truth.UNKNOWN for child in record.children)
        if unknown:
            summary += " · " + _("{n} on hold").format(n=unknown)
    return LiveLook(truth, truth_word(truth), summary=summary)


def _condition(
    words: TriggerWords,
    node: Comparison,
    record: ComparisonRecord,
    now: ConditionsNow,
    wall_s: float,
) -> LiveLook:
    left = words.registry[node.left.variable]
    as_percent = node.comparator in CHANGES and left.is_proportional
    unit = Unit.PERCENT if as_percent else left.unit
    is_market = bool(left.needs & _MARKET)
    held = now.held_back if is_market or now.held_back in _STALE else None
    truth = "unknown" if held else record.truth.value
    value = "" if record.left is None else amount(words, record.left, unit, now.market)
    reason = Unknown(held) if held else next(iter(record.unknown), None)
    if truth == "unknown" and reason is not None:
        basis = _reason(words, reason)
        if held in _STALE and now.received_at is not None:
            basis = f"{formatting.age(wall_s - now.received_at)} · {basis}"
    else:
        basis = _basis(words, node, left, now, wall_s)
    share, threshold = _shares(left, node, record)
    return LiveLook(
        truth,
        truth_word(truth),
        value or formatting.NOTHING,
        _against(words, node, record, unit, now.market),
        basis,
        _distance(words, record, unit, now.market, truth),
        None if truth == "unknown" else share,
        threshold,
        is_stale=held in _STALE,
    )


def told_now(
    words: TriggerWords,
    conditions: Sequence[Comparison],
    looks: Mapping[str, LiveLook],
    market: str,
) -> tuple[str, str]:
    """Say what typed conditions are now: in short, `28.4`, and with all that belongs to it."""
    short, whole = [], []
    for node in conditions:
        look = looks.get(node.id)
        if look is None:
            continue
        value = look.value + _unit_behind(words, node, market)
        known = [value] if look.value not in ("", formatting.NOTHING) else []
        if look.truth == "unknown":
            short.append(look.basis)
            whole.append(" · ".join([*known, look.basis]))
            continue
        short.append(f"{value} {look.against}" if _is_variable(node.right) else value)
        parts = (f"{value} {look.against}".strip(), look.distance, look.basis)
        whole.append(" · ".join(part for part in parts if part))
    return " / ".join(dict.fromkeys(short)), "\n".join(whole)


def _is_variable(operand: Operand | None) -> bool:
    return isinstance(operand, VariableOperand)


def _unit_behind(words: TriggerWords, node: Comparison, market: str) -> str:
    """What is to be said behind a value that stands alone, where it doesn't say it itself."""
    left = words.registry[node.left.variable]
    if node.comparator in CHANGES and left.is_proportional:
        return ""
    if left.unit is Unit.QUANTITY:
        return f" {base_of(market)}" if market else ""
    if left.unit in (Unit.PRICE, Unit.MONEY):
        return words.operands.constant(0.0, left.unit).removeprefix("0")
    return ""


def amount(words: TriggerWords, value: float, unit: Unit, market: str) -> str:
    """A live value in its unit: `141,284,000`, `19.4`, `−0.62%`."""
    if unit is Unit.PRICE:
        return formatting.price(market, value)
    if unit is Unit.QUANTITY:
        return formatting.quantity(value)
    if unit is Unit.MONEY:
        return formatting.exact_turnover(market, value)
    if unit is Unit.CENTRED:
        return formatting.number(value, 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 4)
    if unit in _DECIMALS:
        return formatting.number(value, _DECIMALS[unit]) + ("%" if unit is Unit.PERCENT else "")
    if unit in (Unit.MINUTES, Unit.COUNT):
        text = formatting.number(value, 0 if value == int(value) else 1)
        return words.words.word("number", unit.value).format(number=text)
    return words.words.amount(value, unit, words.quote)


def _against(
    words: TriggerWords,
    node: Comparison,
    record: ComparisonRecord,
    unit: Unit,
    market: str,
) -> str:
    if record.right is None or node.right is None:
        return ""
    right = _limit(words, node.right, record.right, unit, market)
    if node.comparator in RANGES and record.upper is not None:
        upper = _limit(words, node.upper, record.upper, unit, market)
        return f"{right} ~ {upper}"
    if node.comparator in CROSSINGS and record.left is not None:
        sign = "<" if record.left < record.right else ">" if record.left > record.right else "="
        return f"{sign} {right}"
    if node.comparator in CHANGES:
        return f"{'+' if node.comparator is Comparator.RISES_BY else formatting.MINUS}{right}"
    sign = words.sign(node.comparator)
    return f"{sign} {right}" if len(sign) == 1 else right


def _limit(
    words: TriggerWords, operand: Operand | None, value: float, unit: Unit, market: str
) -> str:
    """What the value is held against: a constant as it was typed, a variable as it is now."""
    if isinstance(operand, VariableOperand) and operand.variable in words.registry:
        own = words.registry[operand.variable].unit
        return amount(words, value, unit if unit is Unit.PERCENT else own, market)
    if unit is Unit.WEEKDAY:
        return amount(words, value, unit, market)
    return number(value) + ("%" if unit is Unit.PERCENT else "")


def _distance(
    words: TriggerWords,
    record: ComparisonRecord,
    unit: Unit,
    market: str,
    truth: str,
) -> str:
    if record.distance is None or truth == "unknown":
        return ""
    far = amount(words, abs(record.distance), unit, market)
    if unit is Unit.PERCENT:
        far = far.replace("%", _("%p"))
    elif unit in (Unit.PRICE, Unit.MONEY):
        far += words.operands.constant(0.0, unit).removeprefix("0")
    if record.bars_needed > 1 and truth == "false" and record.bars_held:
        return _("{n} of {m} candles").format(n=record.bars_held, m=record.bars_needed)
    if truth == "true":
        return _("{far} past it").format(far=far)
    if not any(digit in far for digit in "123456789"):
        return _("right at it")
    return _("{far} to go").format(far=far)


def _basis(
    words: TriggerWords, node: Comparison, left: Variable, now: ConditionsNow, wall_s: float
) -> str:
    """How old the value is: of a closed candle, or of the newest print and its channel."""
    operands = (node.left, node.right, node.upper)
    closed = [
        operand
        for operand in operands
        if isinstance(operand, VariableOperand)
        and operand.timeframe in now.closed
        and operand.bar is Bar.CLOSED
    ]
    live = [
        operand
        for operand in operands
        if isinstance(operand, VariableOperand) and operand not in closed
    ]
    if closed and not live:
        timeframe = parse_timeframe(str(closed[0].timeframe))
        start = now.closed[timeframe.code]
        age = wall_s - timeframe.next_start_ms(start) / 1000
        when = formatting.candle_time(start, timeframe)
        bar = words.words.word("bar", Bar.CLOSED.value)
        return f"{when} {bar} · {formatting.age(max(0.0, age))}"
    if not left.needs & _MARKET or now.received_at is None:
        return ""
    channel = "WS" if now.source is Source.WEBSOCKET else "REST"
    return f"{formatting.age(wall_s - now.received_at)} · {channel}"


def _reason(words: TriggerWords, unknown: Unknown) -> str:
    facts = dict(unknown.facts)
    if unknown.reason is UnknownReason.WARMING_UP and "have" in facts:
        return _("warming up: {n} candles so far").format(n=number(float(facts["have"])))
    del words
    return wording.unknown(unknown.reason)


def _shares(
    left: Variable, node: Comparison, record: ComparisonRecord
) -> tuple[float | None, float | None]:
    """Place value and threshold on a bar: on the variable's own scale, else round the threshold."""
    value, limit = record.left, record.right
    if value is None or limit is None or node.right is None or record.distance is None:
        return None, None
    low, high = left.minimum, left.maximum
    is_scale = low is not None and high is not None and high - low <= 1000
    if is_scale and node.left.multiplier == 1.0 and low is not None and high is not None:
        return (value - low) / (high - low), (limit - low) / (high - low)
    percent = left.unit is Unit.PERCENT or node.comparator in CHANGES
    far = _FAR_PERCENT * 2 if percent else abs(limit) * _FAR_SHARE or abs(value) or 1.0
    tick = _LEFT_TICK if value > limit else _RIGHT_TICK
    away = max(-1.0, min(1.0, (value - limit) / far))
    return tick + away * (1 - _LEFT_TICK), tick

"""Where a strategy stands, in words: the state of now, what led there, what rules remember."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.domain.decision import Suppression
from upbit_auto_trading.domain.market import base_of
from upbit_auto_trading.domain.order import OrderSide
from upbit_auto_trading.domain.rule import EnterMode, Role, Sell
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.strategy_now import suppressed
from upbit_auto_trading.presentation.screens.strategy_words import of
from upbit_auto_trading.presentation.widgets.state_diagram import StateBox, StateChip, StateLook

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from upbit_auto_trading.application.paper_views import RuleView, RunView
    from upbit_auto_trading.domain.rule import Rule
    from upbit_auto_trading.domain.strategy import Strategy

_HOUR_MS = 3_600_000
_MINUTE_MS = 60_000


def state_look(
    strategy: Strategy,
    run: RunView | None,
    rules: Mapping[str, RuleView],
    open_side: OrderSide | None = None,
) -> StateLook:
    """The diagram of a strategy, lit where it runs; `open_side` is that of its open order."""
    enabled = [rule for rule in strategy.rules if rule.enabled]
    position = None if run is None else run.position
    state = ""
    if run is not None and run.is_live:
        state = "flat" if position is None else "holding"
        if open_side is OrderSide.SELL:
            state = "leaving"
        elif open_side is OrderSide.BUY and position is None:
            state = "entering"
    held = _("coins")
    if run is not None and position is not None and run.exchange_ms:
        held = _held_for(run.exchange_ms - position.opened_ms)
    boxes = (
        StateBox(_("Waiting"), _("cash"), state == "flat"),
        StateBox(_("Entering"), _("buys at the market"), state == "entering"),
        StateBox(_("In position"), held, state == "holding"),
        StateBox(_("Leaving"), _("sells everything"), state == "leaving"),
    )
    blockers = [rule for rule in enabled if rule.blocks_entry_ms]
    return StateLook(
        boxes,
        entry=_numbers(rule for rule in enabled if rule.role is Role.ENTRY and rule.buys),
        filled=_("filled"),
        adds=_numbers(rule for rule in enabled if rule.role is Role.SCALE_IN and rule.buys),
        exits=_numbers(rule for rule in enabled if isinstance(rule.action, Sell)),
        back=_("closed: counts, peaks and modes are forgotten"),
        block=_block(blockers, rules),
        block_rules=_numbers(blockers),
        chips=tuple(_chips(enabled, run, rules)),
    )


def state_detail(run: RunView | None, market: str) -> str:
    """The state in one line."""
    if run is None:
        return _("judged only: it doesn't run yet")
    position = run.position
    if position is None:
        return _("nothing held")
    return _("{quantity} {base} at {average} · {profit}").format(
        quantity=f"{position.quantity.normalize():f}",
        base=base_of(market),
        average=formatting.price(
            market, round(position.average, formatting.decimals_of(market, position.average))
        ),
        profit=formatting.percent(position.profit_percent / 100),
    )


def _block(blockers: Sequence[Rule], rules: Mapping[str, RuleView]) -> StateBox | None:
    """The state in which nothing may be bought: until when, where it is the state now."""
    if not blockers:
        return None
    for view in rules.values():
        if view.suppression is Suppression.ENTRY_BLOCKED:
            return StateBox(suppressed(view), is_now=True)
    longest = max(rule.blocks_entry_ms for rule in blockers)
    minutes = formatting.number(longest / _MINUTE_MS, 0)
    return StateBox(_("No entry for {minutes} min").format(minutes=minutes))


def _held_for(ms: int) -> str:
    hours, rest = divmod(max(0, ms), _HOUR_MS)
    minutes = rest // _MINUTE_MS
    if hours:
        return _("for {hours} h {minutes} min").format(hours=hours, minutes=minutes)
    return _("for {minutes} min").format(minutes=minutes)


def _numbers(rules: Iterable[Rule]) -> str:
    numbers = [str(rule.number) for rule in rules]
    return _("rule {numbers}").format(numbers="·".join(numbers)) if numbers else ""


def _chips(
    rules: list[Rule], run: RunView | None, views: Mapping[str, RuleView]
) -> Iterable[StateChip]:
    position = None if run is None else run.position
    for rule in rules:
        view = views.get(rule.id)
        if rule.arming is not None:
            is_armed = view is not None and view.armed_peak is not None
            word = _("armed") if is_armed else _("not armed")
            yield StateChip(of(rule.name), word, "exit" if is_armed else "text-2")
        if isinstance(rule.action, EnterMode):
            is_in = position is not None and rule.action.mode in position.modes
            word = _("in force") if is_in else _("not in force")
            yield StateChip(of(rule.name), word, "management" if is_in else "text-2")
        if rule.role is Role.SCALE_IN and rule.limit is not None:
            done = 0 if position is None else position.counts.get(rule.id, 0)
            ink = "scale-in" if done else "text-2"
            yield StateChip(of(rule.name), f"{done}/{rule.limit}", ink)

"""What a paper account draws on the chart: average prices, firing prices, what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.account_words import coins
from upbit_auto_trading.presentation.screens.journal_words import reason_words
from upbit_auto_trading.presentation.screens.strategy_now import first_price
from upbit_auto_trading.presentation.screens.strategy_words import ROLE_TOKENS, of
from upbit_auto_trading.presentation.widgets.chart_levels import AVERAGE_DASHES, ChartLevel
from upbit_auto_trading.presentation.widgets.chart_markers import ChartMarker, MarkerKind

if TYPE_CHECKING:
    from upbit_auto_trading.domain.paper_account import TimelineEntry
    from upbit_auto_trading.domain.rule import Rule
    from upbit_auto_trading.presentation.viewmodels.chart_trading import ChartTradingViewModel

_HELD_BACK = ("suppressed", "refused")
_DONE = ("cancelled", "entered_mode", "armed", "notified")


def levels(
    trading: ChartTradingViewModel, *, has_marks: bool, has_peaks: bool
) -> tuple[ChartLevel, ...]:
    """The average price of each position; with marks, the price at which each rule would fire.

    With peaks, the highest price since a rule was armed.
    """
    found: list[ChartLevel] = []
    for run in trading.runs:
        if run.position is not None:
            words = _("Average · {strategy}").format(strategy=of(run.strategy.name))
            key = f"average-{run.run_id}"
            found.append(
                ChartLevel(key, run.position.average, words, "text-2", dashes=AVERAGE_DASHES)
            )
        for view in trading.rules(run):
            name, ink = of(view.rule.name), ROLE_TOKENS[view.rule.role]
            if has_peaks and view.armed_peak is not None:
                key = f"peak-{run.run_id}-{view.rule.id}"
                words = _("Peak · {rule}").format(rule=name)
                found.append(ChartLevel(key, view.armed_peak, words, ink, dashes=AVERAGE_DASHES))
            if has_marks and view.firing_price is not None:
                sign = "▲" if view.firing_price.from_below else "▼"
                found.append(
                    ChartLevel(
                        f"rule-{run.run_id}-{view.rule.id}",
                        first_price(run.market, view.firing_price),
                        f"{view.rule.number} {name} {sign}",
                        ink,
                    )
                )
    return tuple(found)


def markers(trading: ChartTradingViewModel) -> tuple[ChartMarker, ...]:
    """What rules did in the market, and what kept them from acting."""
    rules = {rule.id: rule for run in trading.runs for rule in run.strategy.rules}
    found = [_marker(entry, rules.get(str(entry.data.get("rule")))) for entry in trading.entries]
    return tuple(marker for marker in found if marker is not None)


def _marker(entry: TimelineEntry, rule: Rule | None) -> ChartMarker | None:
    data = entry.data
    name = of(rule.name) if rule is not None else str(data.get("rule") or _("By hand"))
    ink = ROLE_TOKENS[rule.role] if rule is not None else ""
    price = float(data.get("price") or 0)
    if price <= 0:
        return None
    at = formatting.price(entry.market, price)
    moment = formatting.moment(entry.ms)
    if entry.kind == "fill":
        is_buy = data.get("side") == "buy"
        done = _("bought") if is_buy else _("sold")
        words = f"{name} — {done}\n{coins(float(data['quantity']))} · {at}\n{moment}"
        kind = MarkerKind.BUY if is_buy else MarkerKind.SELL
        return ChartMarker(entry.ms, price, kind, None, words, entry.correlation, ink)
    outcome = str(data.get("outcome", ""))
    if outcome in _HELD_BACK:
        words = f"{name} — {_('held back')}\n{reason_words(str(data.get('reason', '')))}\n{moment}"
        kind = MarkerKind.SUPPRESSED
    elif outcome in _DONE:
        words, kind = f"{name}\n{at}\n{moment}", MarkerKind.FIRED
    else:
        return None  # an order's marker is its fill
    return ChartMarker(entry.ms, price, kind, None, words, entry.correlation, ink)

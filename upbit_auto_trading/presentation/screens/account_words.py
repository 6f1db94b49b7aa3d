"""What the account screen says: worth, positions, orders and their way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.order_tickets import BY_HAND
from upbit_auto_trading.application.paper_views import RunCondition
from upbit_auto_trading.domain.order import OrderSide
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _, language
from upbit_auto_trading.presentation.screens import refusal_words
from upbit_auto_trading.presentation.screens.backtest_words import direction, signed
from upbit_auto_trading.presentation.screens.strategy_words import ROLE_TOKENS, of
from upbit_auto_trading.presentation.widgets.data_table import Cell, Column, Row
from upbit_auto_trading.presentation.widgets.equity_plot import Curve, EquityLook
from upbit_auto_trading.presentation.widgets.metric_tile import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from upbit_auto_trading.application.paper_views import AccountView, PositionView, RunView
    from upbit_auto_trading.domain.market import MarketInfo
    from upbit_auto_trading.domain.paper_account import EquityPoints, OrderRecord
    from upbit_auto_trading.domain.strategy import Strategy

    Names = Mapping[str, MarketInfo]

POSITION_HEIGHT: Final = 30
_TRIM: Final = 8


def market_name(names: Names, market: str) -> str:
    """The market's name in the user's language, its code where it isn't listed."""
    info = names.get(market)
    if info is None:
        return market
    return info.korean_name if language() == "ko" else info.english_name


def coins(quantity: Decimal | float) -> str:
    """An amount of coins: up to eight decimals, no trailing zeros."""
    text = formatting.number(float(quantity), _TRIM).rstrip("0").rstrip(".")
    return text or "0"


def tiles(view: AccountView) -> list[Metric]:
    """The account in six figures."""
    won = formatting.unit_behind("KRW")
    orders = view.orders_today
    return [
        Metric(
            _("Total worth"),
            f"{formatting.number(float(view.equity), 0)}{won}",
            _("began with {sum}").format(sum=formatting.number(float(view.start_cash), 0)),
            explanation=_("Cash and coins at their newest price."),
        ),
        Metric(
            _("Today"),
            f"{signed(view.today)}{won}",
            _("{arrow} {percent} · since 09:00 in Korea").format(
                arrow=formatting.arrow(float(view.today)),
                percent=formatting.percent(view.today_percent / 100),
            ),
            direction(view.today),
        ),
        Metric(
            _("Open profit"),
            f"{signed(view.unrealised)}{won}",
            _("{arrow} {percent} · {n} positions").format(
                arrow=formatting.arrow(float(view.unrealised)),
                percent=formatting.percent(view.unrealised_percent / 100),
                n=len(view.positions),
            ),
            direction(view.unrealised),
            explanation=_("Against the average price, fees left out, as Upbit shows it."),
        ),
        Metric(
            _("Realised"),
            f"{signed(view.realised)}{won}",
            _("fees {sum} within it").format(sum=signed(-view.fees)),
            direction(view.realised),
        ),
        Metric(
            _("Free cash"),
            f"{formatting.number(float(view.free), 0)}{won}",
            _("in runs {sum}").format(sum=formatting.number(float(view.cash - view.free), 0)),
            explanation=_("Cash no strategy has been given."),
        ),
        Metric(
            _("Orders today"),
            formatting.number(orders.total, 0),
            _("filled {filled} · cancelled {cancelled} · refused {refused}").format(
                filled=orders.filled, cancelled=orders.cancelled, refused=orders.refused
            ),
        ),
    ]


def position_columns() -> list[Column]:
    """The heads of the table of positions."""
    return [
        Column(_("Market name")),
        Column(_("Strategy"), 120),
        Column(_("Quantity"), 104, is_number=True),
        Column(_("Average price"), 104, is_number=True),
        Column(_("Price"), 104, is_number=True),
        Column(_("Worth"), 92, is_number=True),
        Column(
            _("Profit"),
            84,
            is_number=True,
            explanation=_("Against the average price, fees left out, as Upbit shows it."),
        ),
        Column("%", 78, is_number=True),
        Column(_("State"), 104),
        Column(_("Nearest firing"), 140),
    ]


def position_rows(runs: Sequence[RunView], names: Names) -> list[Row]:
    """Every open run: what it holds, or that it waits."""
    return [_position_row(run, names) for run in runs]


def _position_row(run: RunView, names: Names) -> Row:
    position = run.position
    name = Cell(
        market_name(names, run.market),
        font="control-strong",
        explanation=f"{run.market} · "
        + _("Run {id}, given {sum}").format(
            id=run.run_id, sum=formatting.number(float(run.given), 0)
        ),
    )
    state, ink = run_state(run)
    state_cell = Cell(
        state, ink, explanation=refusal_words.trouble_words(run.trouble) if run.trouble else ""
    )
    price = Cell(
        formatting.NOTHING if run.price is None else formatting.price(run.market, run.price),
        "text-3" if not run.is_live or _is_held_back(run) else "text-1",
        explanation=_("newest price {age}").format(age=formatting.age(run.age_s)),
        is_stale=_is_held_back(run),
    )
    strategy = Cell(strategy_name(run.strategy), "text-2")
    if position is None:
        dash = Cell(formatting.NOTHING, "text-3")
        figures: tuple[Cell, ...] = (dash, dash, price, dash, dash, dash)
    else:
        figures = _position_figures(position, price)
    if _is_held_back(run):
        # What is reckoned with an old price is as old.
        figures = (*figures[:3], *(_aged(cell) for cell in figures[3:]))
    return Row(run.run_id, (name, strategy, *figures, state_cell, _nearest(run)))


def _aged(cell: Cell) -> Cell:
    return replace(cell, ink="text-3", is_stale=True)


def _is_held_back(run: RunView) -> bool:
    return run.is_live and run.quality is not None and not run.quality.is_print


def _position_figures(position: PositionView, price: Cell) -> tuple[Cell, ...]:
    ink = direction(position.profit)
    market = position.market
    average = formatting.number(position.average, formatting.decimals_of(market, position.average))
    after = _("after fees {sum} ({percent})").format(
        sum=signed(position.profit_after_fees),
        percent=formatting.percent(position.profit_after_fees_percent / 100),
    )
    return (
        Cell(coins(position.quantity)),
        Cell(average, "text-2"),
        price,
        Cell(formatting.number(float(position.value), 0)),
        Cell(signed(position.profit), ink, "control-strong", explanation=after),
        Cell(
            f"{formatting.arrow(position.profit_percent)} "
            f"{formatting.percent(position.profit_percent / 100)}",
            ink,
            explanation=after,
        ),
    )


def _nearest(run: RunView) -> Cell:
    if run.nearest is None:
        return Cell(formatting.NOTHING, "text-3")
    rule, at = run.nearest
    return Cell(
        formatting.price(run.market, at.price),
        "text-1",
        badge=str(rule.number),
        badge_ink=ROLE_TOKENS[rule.role],
        explanation=_("{rule} would fire at this price").format(rule=of(rule.name)),
    )


def strategy_name(strategy: Strategy) -> str:
    """A strategy's name, its version behind it; orders by hand have none."""
    name = of(strategy.name) or strategy.id
    return name if strategy.id == BY_HAND.id else f"{name} v{strategy.revision}"


def run_state(run: RunView) -> tuple[str, str]:
    """What a run is doing, and the ink of it."""
    if run.condition is RunCondition.RUNNING:
        if run.quality is not None and not run.quality.is_print:
            return _("held back: data"), "warn"
        if run.position is None:
            return _("waiting"), "text-2"
        return (_("holding, armed") if run.position.armed else _("holding")), "text-1"
    return {
        RunCondition.STARTING: (_("starting"), "text-2"),
        RunCondition.HELD: (_("held: disk"), "bad"),
        RunCondition.SUSPENDED: (_("suspended"), "warn"),
        RunCondition.STOPPED: (_("stopped"), "text-3"),
        RunCondition.FAILED: (_("failed"), "bad"),
    }[run.condition]


def order_columns() -> list[Column]:
    """The heads of the table of orders."""
    return [
        Column(_("Time"), 124, explanation=_("Korean time")),
        Column(_("Market name"), 120),
        Column(_("Side"), 66),
        Column(_("Rule")),
        Column(_("Sum"), 92, is_number=True),
        Column(_("Filled at"), 104, is_number=True),
        Column(_("Quantity"), 104, is_number=True),
        Column(_("Fee"), 64, is_number=True),
        Column(_("State"), 210),
    ]


def order_rows(
    orders: Sequence[OrderRecord], names: Names, strategies: Mapping[str, Strategy]
) -> list[Row]:
    """Orders, newest first."""
    return [_order_row(order, names, strategies) for order in orders]


def no_order_words(*, is_open_only: bool) -> str:
    """Why the table of orders is empty."""
    if is_open_only:
        return _("No order is open.")
    return _("No order yet. What strategies order, and orders by hand, are listed here.")


def _order_row(order: OrderRecord, names: Names, strategies: Mapping[str, Strategy]) -> Row:
    is_buy = order.side is OrderSide.BUY
    price = order.filled_price
    funds = order.funds or order.amount
    return Row(
        (order.run, order.number),
        (
            Cell(moment(order.ms), "text-2"),
            Cell(market_name(names, order.market)),
            Cell(_("▲ buy") if is_buy else _("▼ sell"), "up" if is_buy else "down"),
            rule_cell(order.rule, strategies.get(order.strategy_id)),
            Cell(formatting.number(float(funds), 0) if funds else formatting.NOTHING),
            Cell(
                formatting.NOTHING
                if price is None
                else formatting.number(price, formatting.decimals_of(order.market, price))
            ),
            Cell(coins(order.filled_quantity) if price is not None else formatting.NOTHING),
            Cell(formatting.number(float(order.fee), 0), "text-2"),
            order_state(order),
        ),
    )


def rule_cell(rule_id: str, strategy: Strategy | None) -> Cell:
    """The rule an order or decision came from."""
    if not rule_id:
        return Cell(_("by hand"), "text-2")
    if strategy is not None:
        try:
            rule = strategy.rule(rule_id)
        except LookupError:
            return Cell(rule_id, "text-2")
        return Cell(of(rule.name), badge=str(rule.number), badge_ink=ROLE_TOKENS[rule.role])
    return Cell(rule_id, "text-2")


def order_state(order: OrderRecord) -> Cell:
    """The way an order went: each state it was in."""
    words = {
        "intended": _("taken in"),
        "filling": _("filling"),
        "filled": _("filled"),
        "partly_filled": _("partly filled"),
        "cancelled": _("cancelled"),
        "refused": _("refused"),
    }
    way = [words["intended"]]
    way += [words.get(state, state) for state, _ms in order.history if state != "intended"]
    text = " — ".join(dict.fromkeys(way))
    if order.detail:
        text += f" · {refusal_words.refusal_code(order.detail)}"
    ink = {"filled": "good", "partly_filled": "warn", "refused": "bad"}.get(order.state, "text-2")
    explanation = "\n".join(
        f"{words.get(state, state)}  {moment(ms)}" for state, ms in order.history
    )
    return Cell(text, ink, explanation=explanation)


def moment(ms: int) -> str:
    """A moment in Korea: the time today, day and time otherwise."""
    return datetime.fromtimestamp(ms / 1000, formatting.KST).strftime("%m-%d %H:%M:%S")


def equity_look(points: EquityPoints | None, start_cash: Decimal) -> EquityLook | None:
    """The account's worth over time."""
    if points is None or not len(points.ms):
        return None
    return EquityLook(Curve(points.ms, points.equity, "acc", 1.75), (), None, float(start_cash))


def positions_detail(view: AccountView, runs: Sequence[RunView], *, is_recovering: bool) -> str:
    """What stands beside the title of the positions."""
    if is_recovering:
        return _("going on with the runs of the last start…")
    if view.is_stopped:
        return _("everything is stopped: rules are judged, nothing is ordered")
    live = sum(run.is_live for run in runs)
    return _("{positions} positions · {live} runs live").format(
        positions=len(view.positions), live=live
    )

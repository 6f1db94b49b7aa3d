"""What the order book and the tape say, worded from what their view-models know."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.candles import ChartState
from upbit_auto_trading.application.connection import EndpointKind
from upbit_auto_trading.domain.market import base_of, quote_of
from upbit_auto_trading.domain.orderbook_ladder import grouping_step
from upbit_auto_trading.domain.timeframe import from_epoch_ms
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.domain.trade_flow import ENOUGH_TO_RANK, LARGE_SHARE, LARGE_WON
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import provenance_words
from upbit_auto_trading.presentation.screens.chart_words import is_stale
from upbit_auto_trading.presentation.widgets import coin_amount
from upbit_auto_trading.presentation.widgets.ladder_painter import LadderLook, LadderRowLook
from upbit_auto_trading.presentation.widgets.orderbook_ladder import BalanceLook
from upbit_auto_trading.presentation.widgets.tape_view import TapeLook, TapeRowLook
from upbit_auto_trading.presentation.widgets.trade_tape import StrengthLook

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from upbit_auto_trading.application.candles import ChartStatus
    from upbit_auto_trading.domain.orderbook_ladder import Ladder, LadderLevel
    from upbit_auto_trading.domain.ticker import Ticker
    from upbit_auto_trading.domain.trade import Trade
    from upbit_auto_trading.domain.trade_flow import TradeFlow
    from upbit_auto_trading.presentation.viewmodels.orderbook import OrderbookViewModel
    from upbit_auto_trading.presentation.viewmodels.trade_tape import TradeTapeViewModel

_WAITING: Final = (ChartState.EMPTY, ChartState.LOADING)


def ladder_look(ladder: Ladder, ticker: Ticker | None, status: ChartStatus) -> LadderLook:
    """The ladder in words; changes are against the previous close, so unknown without a ticker."""
    market, stale = ladder.market, is_stale(status)
    sides = (*ladder.asks, *ladder.bids)
    largest = max((float(level.size) for level in sides), default=0.0)
    deepest = max(float(ladder.ask_total), float(ladder.bid_total))
    before = ticker.prev_closing_price if ticker else None
    asks, bids = (
        tuple(_row(market, level, before, largest, deepest) for level in side)
        for side in (ladder.asks, ladder.bids)
    )
    spread, share = ladder.spread, ladder.spread_share
    words = short = explained = ""
    if spread is not None and share is not None and ladder.best_ask is not None:
        gap = formatting.number(spread, formatting.decimals_of(market, ladder.best_ask))
        words = _("Spread {gap} · {share}").format(gap=gap, share=_share(share))
        short = _("Spread {gap}").format(gap=gap)
        explained = _(
            "Best ask {ask} less best bid {bid} is {gap} {unit}, {share} of the price in between."
        ).format(
            ask=formatting.price(market, ladder.best_ask),
            bid=formatting.price(market, ladder.best_bid or 0.0),
            gap=gap,
            unit=formatting.price_unit(market),
            share=f"{share * 100:.4f}%",
        )
    return LadderLook(
        asks=asks,
        bids=bids,
        last_price=formatting.price(market, ticker.trade_price) if ticker else formatting.NOTHING,
        last_arrow=formatting.arrow(ticker.change_rate) if ticker else "",
        last_ink=formatting.direction(ticker.change_rate) if ticker else "even",
        spread=words,
        spread_short=short,
        spread_explained=explained,
        spoken=_spoken(ladder, words, stale=stale),
        is_stale=stale,
    )


def balance_look(ladder: Ladder | None, status: ChartStatus) -> BalanceLook:
    """What both sides of the ladder amount to."""
    if ladder is None:
        nothing = formatting.NOTHING
        return BalanceLook(
            _("Ask {n}").format(n=nothing), _("{n} Bid").format(n=nothing), None, is_stale=True
        )
    explanation = _(
        "Sizes of the rows shown, {coin}\n"
        "Ask {asks} in {ask_rows} rows\n"
        "Bid {bids} in {bid_rows} rows"
    ).format(
        coin=base_of(ladder.market),
        asks=coin_amount.full(ladder.ask_total),
        bids=coin_amount.full(ladder.bid_total),
        ask_rows=len(ladder.asks),
        bid_rows=len(ladder.bids),
    )
    return BalanceLook(
        asks=_("Ask {n}").format(n=_short(ladder.ask_total)),
        bids=_("{n} Bid").format(n=_short(ladder.bid_total)),
        ask_share=ladder.ask_share,
        explanation=explanation,
        is_stale=is_stale(status),
    )


def groupings(model: OrderbookViewModel) -> list[tuple[int, str]]:
    """What a row may stand for: the number of price steps, and the step it makes."""
    book, near = model.book, model.near_price
    if book is None or near is None:
        return [(1, _("off"))]
    options = [(1, _("off"))]
    for grouping in model.groupings:
        if grouping > 1:
            step = grouping_step(book.market, near, grouping)
            options.append((grouping, f"{step.normalize():,f}"))
    return options


def waiting(market: str, status: ChartStatus, *, what: str, waited_s: float) -> str:
    """What stands where rows will be, empty while waiting is too short to be told."""
    if status.state is ChartState.OFFLINE:
        return _("No connection. This comes back by itself.")
    if status.state in _WAITING and waited_s >= 1.0:
        return _("Waiting for the {what} of {market}").format(what=what, market=market)
    return ""


def no_orders() -> str:
    """What stands where rows would be of a book without any order."""
    return _("Nobody bids or asks here now.")


class TapeWords:
    """Words of the tape; a trade is worded once."""

    def __init__(self, kind: EndpointKind = EndpointKind.UPBIT) -> None:
        self._kind = kind
        self._market = ""
        self._rows: dict[int, tuple[float, TapeRowLook]] = {}

    def look(self, market: str, model: TradeTapeViewModel, status: ChartStatus) -> TapeLook:
        """The tape, newest trade first."""
        trades = model.trades
        if market != self._market:
            self._market = market
            self._rows.clear()
        known, limit = self._rows, model.large_from
        self._rows = {
            trade.sequential_id: _large(
                known.get(trade.sequential_id) or _trade(trade, self._kind), limit
            )
            for trade in trades
        }
        rows = tuple(row for _value, row in reversed(self._rows.values()))
        spoken = _("Trades")
        if rows:
            spoken = _("Trades, newest: {trade}").format(trade=rows[0].spoken.replace("\n", ", "))
        return TapeLook(rows, spoken, is_stale(status))


def strength_look(flow: TradeFlow, trades: Sequence[Trade], status: ChartStatus) -> StrengthLook:
    """How much was bought for each hundred sold."""
    strength = flow.strength
    if strength is None:
        return StrengthLook(formatting.NOTHING, "even", _strength_rule(flow, trades))
    return StrengthLook(
        f"{strength:,.1f}%",
        formatting.direction(round(strength, 1) - 100),
        _strength_rule(flow, trades),
        is_stale(status),
    )


def large_rule(market: str) -> str:
    """Which trades are tinted."""
    share = f"{LARGE_SHARE:.0%}"
    if quote_of(market) == "KRW":
        return _(
            "Tinted: trades of at least {sum} KRW, and the largest {share} of those listed"
            " (from {n} on)."
        ).format(sum=formatting.number(LARGE_WON, 0), share=share, n=ENOUGH_TO_RANK)
    return _("Tinted: the largest {share} of the trades listed, by value (from {n} on).").format(
        share=share, n=ENOUGH_TO_RANK
    )


def _row(
    market: str, level: LadderLevel, before: float | None, largest: float, deepest: float
) -> LadderRowLook:
    price_text, change, ink = _priced(market, level.price, before)
    return LadderRowLook(
        price=level.price,
        price_text=price_text,
        change=change,
        ink=ink,
        size=coin_amount.full(level.size),
        cumulative=_short(level.cumulative),
        cumulative_exact=coin_amount.full(level.cumulative),
        size_share=float(level.size) / largest if largest else 0.0,
        cumulative_share=float(level.cumulative) / deepest if deepest else 0.0,
        is_partial=level.is_partial,
    )


@lru_cache(maxsize=512)
def _priced(market: str, price: float, before: float | None) -> tuple[str, str, str]:
    """A price's text, its change since the previous close, and the change's colour."""
    difference = 0.0 if before is None else price - before
    return (
        formatting.price(market, price),
        formatting.percent(difference / before) if before else "",
        formatting.direction(difference),
    )


def _share(fraction: float) -> str:
    """A part of the price: `0.012%`; what would read as nothing is `<0.001%`."""
    percent = fraction * 100
    return "<0.001%" if 0 < percent < 0.0005 else f"{percent:.3f}%"


def _short(amount: Decimal) -> str:
    return formatting.quantity(float(amount))


def _spoken(ladder: Ladder, spread: str, *, stale: bool) -> str:
    parts = [_("Order book")]
    if stale:
        parts.append(_("not live"))
    if ladder.best_ask is not None:
        parts.append(_("best ask {n}").format(n=formatting.price(ladder.market, ladder.best_ask)))
    if ladder.best_bid is not None:
        parts.append(_("best bid {n}").format(n=formatting.price(ladder.market, ladder.best_bid)))
    return ", ".join([*parts, spread] if spread else parts)


def _trade(trade: Trade, kind: EndpointKind) -> tuple[float, TapeRowLook]:
    bought = trade.side is Side.BID
    side = _("Bought") if bought else _("Sold")
    value = trade.price * trade.volume
    price = formatting.price(trade.market, trade.price)
    size = f"{trade.volume:,.8f}"
    unit = formatting.price_unit(trade.market)
    lines = (
        f"{side} {size} {base_of(trade.market)}",
        f"{price} {unit}",
        _("Value: {sum} {unit}").format(
            sum=formatting.exact_turnover(trade.market, value), unit=unit
        ),
        _("Exchange time: {time}").format(time=formatting.moment(trade.trade_ms)),
        provenance_words.of_origin(kind, trade.origin),
    )
    look = TapeRowLook(
        number=trade.sequential_id,
        time=formatting.clock(from_epoch_ms(trade.trade_ms)),
        price=price,
        size=size,
        ink="up" if bought else "down",
        arrow="▲" if bought else "▼",
        spoken="\n".join(lines),
    )
    return value, look


def _large(worded: tuple[float, TapeRowLook], limit: float | None) -> tuple[float, TapeRowLook]:
    value, look = worded
    is_large = limit is not None and value >= limit
    return worded if is_large == look.is_large else (value, look.sized(is_large=is_large))


def _strength_rule(flow: TradeFlow, trades: Sequence[Trade]) -> str:
    if not trades:
        return ""
    return _(
        "Bought {bought} ÷ sold {sold} × 100, over the {n} trades listed since {time} KST"
    ).format(
        bought=coin_amount.full(flow.bought),
        sold=coin_amount.full(flow.sold),
        n=len(trades),
        time=formatting.clock(from_epoch_ms(trades[0].trade_ms)),
    )

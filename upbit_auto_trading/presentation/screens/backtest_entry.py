"""What was typed into the backtest form, checked: requests, or the field that's wrong and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.backtest import Conditions
from upbit_auto_trading.application.backtest_service import MOST_CANDLES, BacktestRequest
from upbit_auto_trading.domain.market import InvalidMarketError, parse_market
from upbit_auto_trading.domain.money import minimum_total
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _

if TYPE_CHECKING:
    from collections.abc import Collection

    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.presentation.widgets.backtest_form import BacktestEntry

MOST_MARKETS: Final = 20
_MOST_CASH: Final = Decimal(10) ** 15
_MOST_SLIPPAGE: Final = Decimal(10)


class EntryProblem(ValueError):  # noqa: N818 -- what the user is told, no failure of the program
    """A field that can't be used; the text names the limit."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def requests_of(
    entry: BacktestEntry, strategy: Strategy, listed: Collection[str], now: datetime
) -> list[BacktestRequest]:
    """Return a request for each market.

    Raises:
        EntryProblem: the first field that can't be used.
    """
    markets = _markets(entry.markets, listed)
    start = datetime.combine(entry.start, time(), formatting.KST)
    end = min(datetime.combine(entry.end, time(), formatting.KST) + timedelta(days=1), now)
    if start >= end:
        raise EntryProblem("period", _("The period must begin before it ends, and in the past."))
    cash = _number(
        "cash", entry.cash, Decimal(1), _MOST_CASH, _("Cash must be a sum from {low} to {high}.")
    )
    slippage = _number(
        "slippage",
        entry.slippage or "0",
        Decimal(0),
        _MOST_SLIPPAGE,
        _("Slippage must be from {low} to {high} %."),
    )
    chosen = replace(strategy, profit_includes_fees=entry.with_fees)
    requests = [
        BacktestRequest(
            chosen,
            market,
            entry.timeframe,
            start,
            end,
            Conditions(
                cash,
                slippage_percent=float(slippage),
                minimum=minimum_total(market),
                grid_of=market if entry.on_price_steps else None,
            ),
        )
        for market in markets
    ]
    if requests[0].expected > MOST_CANDLES:
        raise EntryProblem(
            "period",
            _("The period has more than {n} candles. Shorten it or take longer candles.").format(
                n=formatting.number(MOST_CANDLES, 0)
            ),
        )
    return requests


def _markets(text: str, listed: Collection[str]) -> list[str]:
    codes = [part.strip().upper() for part in text.split(",") if part.strip()]
    if not codes:
        raise EntryProblem("markets", _("Name a market, for example KRW-BTC."))
    if len(codes) > MOST_MARKETS:
        raise EntryProblem("markets", _("At most {n} markets at a time.").format(n=MOST_MARKETS))
    for code in codes:
        try:
            parse_market(code)
        except InvalidMarketError:
            known = False
        else:
            known = not listed or code in listed
        if not known:
            raise EntryProblem(
                "markets", _("The exchange doesn't list {market}.").format(market=code)
            )
    return list(dict.fromkeys(codes))


def _number(field: str, text: str, low: Decimal, high: Decimal, sentence: str) -> Decimal:
    try:
        value = Decimal(text.replace(",", "").strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not low <= value <= high:
        raise EntryProblem(field, sentence.format(low=f"{low:,f}", high=f"{high:,f}"))
    return value

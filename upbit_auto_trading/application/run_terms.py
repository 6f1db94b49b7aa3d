"""Whether a strategy may run on a market, and with which money."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.paper_views import TradingRefusedError
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.account import Account
from upbit_auto_trading.domain.market import quote_of
from upbit_auto_trading.domain.money import minimum_total
from upbit_auto_trading.domain.recording import Terms
from upbit_auto_trading.domain.strategy_check import Severity, capital_needed, check_strategy

if TYPE_CHECKING:
    from upbit_auto_trading.application.ports import MarketDataFeed
    from upbit_auto_trading.domain.strategy import Strategy

FEE_RATE: Final = Decimal("0.0005")
"""Upbit's fee in KRW markets."""

_QUOTE: Final = "KRW"


async def check_market(feed: MarketDataFeed, market: str) -> None:
    """Refuse markets a paper account can't trade.

    Raises:
        TradingRefusedError: `quote_not_offered`, `market_not_listed`.
        MarketDataError: the list of markets can't be had.
    """
    if quote_of(market) != _QUOTE:
        raise TradingRefusedError("quote_not_offered", "market", market=market, quote=_QUOTE)
    listed = (await feed.markets()).values
    if listed and market not in {info.market for info in listed}:
        raise TradingRefusedError("market_not_listed", "market", market=market)


def terms_for(strategy: Strategy, market: str, cash: Decimal | None, free: Decimal) -> Terms:
    """Return what a new run begins with: `cash`, the allocation, or the capital it needs.

    Raises:
        TradingRefusedError: `not_enough_cash`, `below_minimum`, `has_errors`.
    """
    minimum = minimum_total(market)
    account = Account(free, FEE_RATE, minimum)
    wanted = cash
    if wanted is None:
        wanted = strategy.allocation
    if wanted is None:
        wanted = min(capital_needed(strategy, account), free)
    if strategy.allocation is not None:
        wanted = min(wanted, strategy.allocation)
    if wanted > free:
        raise TradingRefusedError("not_enough_cash", "cash", free=free, needed=wanted)
    if any(rule.buys and rule.enabled for rule in strategy.rules) and wanted < minimum:
        raise TradingRefusedError("below_minimum", "cash", minimum=minimum, value=wanted)
    terms = Terms(wanted, FEE_RATE, minimum)
    refuse_errors(strategy, terms)
    return terms


def refuse_errors(strategy: Strategy, terms: Terms) -> None:
    """Refuse a strategy that has errors with that money.

    Raises:
        TradingRefusedError: `has_errors` with the `finding`'s code and its `rule`.
    """
    account = Account(terms.cash, terms.fee_rate, terms.minimum)
    for finding in check_strategy(strategy, shipped_variables(), account):
        if finding.severity is Severity.ERROR:
            facts = {"finding": finding.code.value, "rule": finding.rule}
            raise TradingRefusedError("has_errors", "strategy", **facts)

"""An order by hand in words: what it would cost, what came of it, what is wrong with it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.order import OrderSide
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import account_words, refusal_words

if TYPE_CHECKING:
    from upbit_auto_trading.application.order_tickets import Ticket
    from upbit_auto_trading.domain.paper_account import OrderRecord

_TOLD_PERCENT: Final = 0.005  # less than that reads 0.00


def number_of(text: str) -> Decimal | None:
    """The number that was typed, commas allowed; None where there is none.

    Raises:
        ValueError: it isn't a number.
    """
    plain = text.replace(",", "").strip()
    if not plain:
        return None
    try:
        value = Decimal(plain)
    except InvalidOperation:
        raise ValueError(text) from None
    if not value.is_finite():
        raise ValueError(text)
    return value


def prepared(ticket: Ticket) -> str:
    """Every number of an order before it is placed."""
    market, is_buy = ticket.market, ticket.side is OrderSide.BUY
    words = (
        _("Buy {quantity} of {market} at about {price}: {funds}, fee {fee}.")
        if is_buy
        else _("Sell {quantity} of {market} at about {price}: {funds}, fee {fee}.")
    )
    text = words.format(
        quantity=account_words.coins(ticket.quantity_expected),
        market=market,
        price=_price(market, ticket.price),
        funds=_won(ticket.funds),
        fee=_won(ticket.fee),
    )
    if abs(ticket.slippage_percent) >= _TOLD_PERCENT:
        text += " " + _("{percent} off the best price.").format(
            percent=formatting.percent(ticket.slippage_percent / 100)
        )
    if ticket.depth_missing:
        text += " " + _("The book can't fill {part} of it.").format(
            part=_won(ticket.depth_missing) if is_buy else account_words.coins(ticket.depth_missing)
        )
    return text


def placed(order: OrderRecord) -> str:
    """What came of an order."""
    price = order.filled_price
    if price is None:
        return _("Nothing was filled: {why}.").format(
            why=refusal_words.refusal_code(order.detail or order.state)
        )
    return _("Filled: {quantity} at {price}, fee {fee}.").format(
        quantity=account_words.coins(order.filled_quantity),
        price=_price(order.market, price),
        fee=_won(order.fee),
    )


def _won(amount: Decimal) -> str:
    return formatting.number(float(amount), 0) + formatting.unit_behind("KRW")


def _price(market: str, price: float) -> str:
    decimals = formatting.decimals_of(market, price)
    return formatting.number(price, decimals) + formatting.unit_behind("KRW")

"""Why paper trading refused or couldn't do something, and what can be done."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.paper_views import TradingRefusedError
from upbit_auto_trading.domain.calculation import CalculationError
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.presentation import formatting, wording
from upbit_auto_trading.presentation.i18n import _

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.viewmodels.account import Refusal

# Facts that are sums of won; bounds are, too, unless they are those of a number of something.
_SUMS: Final = frozenset({"needed", "free", "minimum"})
_BOUNDS: Final = frozenset({"lowest", "highest"})
_COUNTED: Final = frozenset({"quantity", "orders_a_minute"})


def trouble_words(code: str) -> str:
    """A run's trouble with what can be done."""
    return {
        "full": _("The disk is full. Nothing is judged until there is room; nothing is lost."),
        "locked": _("Another program locks the database. It goes on once that ends."),
        "read_only": _("The data folder can't be written. Nothing is judged until it can."),
        "corrupt": _("The database is damaged. A new start restores the newest backup."),
    }.get(code, code)


def refusal_code(code: str) -> str:
    """Why an order was refused or cancelled, in a few words."""
    return {
        "below_minimum": _("below the smallest order"),
        "not_enough_cash": _("not enough cash"),
        "too_little": _("too little to trade"),
        "broker": _("the book couldn't fill it"),
        "no_orderbook": _("no order book"),
        "market_suspended": _("the market is suspended"),
        "kept_too_late": _("the disk was busy too long; it was too late"),
        "interrupted": _("the program ended before it was placed"),
        "run_suspended": _("the run is suspended"),
        "stopped": _("everything is stopped"),
        "order_too_large": _("above the largest order"),
        "position_too_large": _("above the largest position"),
        "too_many_orders": _("too many orders a minute"),
        "no_fresh_price": _("no fresh price"),
        "price_out_of_band": _("too far from the middle price"),
        "daily_loss": _("the daily loss is reached"),
        "exposure_too_large": _("above the largest exposure"),
    }.get(code, code.replace("_", " "))


def refusal(error: Refusal) -> str:
    """Why something asked for wasn't done, with the limit it breaks."""
    if isinstance(error, CalculationError):
        return _("The calculation was ended from outside, perhaps for want of memory. Try again.")
    if isinstance(error, MarketDataError):
        return _("Not done: {why}.").format(why=wording.failure(error.cause))
    if not isinstance(error, TradingRefusedError):
        return _("Not done: {why}").format(why=trouble_words(error.code))
    facts = {name: _fact(error.field, name, value) for name, value in error.facts.items()}
    pattern = {
        "already_running": _("This strategy is running on this market already."),
        "not_running": _("It isn't running."),
        "everything_stopped": _("Everything is stopped. Allow orders again first."),
        "quote_not_offered": _("Paper trading is in won markets only."),
        "market_suspended": _("Trading in this market is halted now."),
        "market_not_listed": _("The exchange doesn't list this market."),
        "not_enough_cash": _("Not enough cash: {needed} needed, {free} free."),
        "below_minimum": _("The smallest order is {minimum}."),
        "out_of_range": _out_of_range(error),
        "position_open": _("It holds a position: sell it first."),
        "order_open": _("An order is still open; try again in a moment."),
        "nothing_held": _("Nothing of it is held."),
        "more_than_held": _("That is more than is held: {held}."),
        "no_orderbook": _("The market has no order book now."),
        "ticket_expired": _("The price is older than {valid_s} s. Prepare the order again."),
        "ticket_unknown": _("Prepare the order again."),
        "has_errors": _("The strategy has errors; see its conflict check."),
    }.get(error.code, error.code.replace("_", " "))
    return pattern.format(**facts)


def _out_of_range(error: TradingRefusedError) -> str:
    if "highest" in error.facts:
        return _("It must be from {lowest} to {highest}.")
    if error.field == "quantity":
        return _("It must be more than {lowest}, with at most 8 decimals.")
    return _("It must be more than {lowest}.")


def _fact(field: str, name: str, value: object) -> str:
    """A fact in its unit: what a limit is about is told by the field that breaks it."""
    if not isinstance(value, int | float | Decimal):
        return str(value)
    if name in _SUMS or (name in _BOUNDS and field not in _COUNTED):
        return formatting.number(float(value), 0) + formatting.unit_behind("KRW")
    text = formatting.number(float(value), 8)
    return text.rstrip("0").rstrip(".")


def no_account(code: str) -> str:
    """Why there is no paper account, and what can be done."""
    return {
        "in_use": _(
            "Another window of this program trades in the same data folder. Close it, or start "
            "with another --data-dir."
        ),
        "too_new": _("A newer version of the program wrote the account. Start that one."),
        "full": _("The disk is full. Make room and start again; nothing is lost."),
        "read_only": _("The data folder can't be written."),
    }.get(code, _("The account's database can't be opened ({code}).").format(code=code or "-"))

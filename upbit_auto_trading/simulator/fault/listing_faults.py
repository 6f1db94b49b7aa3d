"""Faults that change how a market is listed; clearing one restores the truth."""

from dataclasses import replace
from datetime import date

from upbit_auto_trading.simulator.fault.fault_catalogue import FAULTS
from upbit_auto_trading.simulator.fault.fault_kind import FaultError
from upbit_auto_trading.simulator.fault.faults import ActiveFault, FaultBoard
from upbit_auto_trading.simulator.market.listing_state import (
    Change,
    ListingState,
    Standing,
    delisted,
)


def follow_listing_faults(board: FaultBoard, listing: ListingState) -> None:
    """Lay every listing fault set on the board over the list until it is cleared."""

    def lay(fault: ActiveFault) -> None:
        change = _change(fault)
        if change is not None:
            listing.change(fault.name, fault.text("market"), change)

    board.on_set.append(lay)
    board.on_clear.append(lambda fault: listing.restore(fault.name))


def check_listing_fault(name: str, given: dict[str, str], listing: ListingState) -> None:
    """Refuse a fault that names no listed market where it needs one, or no date.

    Raises:
        FaultError: with what is allowed.
    """
    market = given.get("market")
    is_needed = bool(FAULTS[name].arguments["market"].default)
    if market is not None and (market or is_needed) and market not in listing:
        raise FaultError(f"{name}: market must be a listed one, not {market!r}")
    if name == "delisting_notice" and "date" in given:
        try:
            date.fromisoformat(given["date"])
        except ValueError:
            raise FaultError(f"{name}: date must be yyyy-MM-dd, not {given['date']!r}") from None


def _change(fault: ActiveFault) -> Change | None:
    if fault.name == "delist":
        return delisted
    if fault.name == "delisting_notice":
        last_day = date.fromisoformat(fault.text("date"))
        return lambda standing: replace(standing, delisting=last_day)
    if fault.name == "caution":
        return lambda standing: _cautioned(standing, fault.text("flag"))
    if fault.name == "tick_change":
        factor = int(fault.number("factor"))
        return lambda standing: replace(standing, tick_factor=factor)
    if fault.name == "halt":
        return lambda standing: replace(standing, is_suspended=True)
    return None


def _cautioned(standing: Standing, flag: str) -> Standing:
    if flag == "WARNING":
        return replace(standing, warning=True)
    return replace(standing, cautions=standing.cautions | {flag})

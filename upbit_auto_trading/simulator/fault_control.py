"""One door for faults: by name, whatever part of the exchange shows them."""

from collections.abc import Mapping
from typing import Any

from upbit_auto_trading.simulator.account.exchange import SimulatedExchange
from upbit_auto_trading.simulator.account.order_faults import ORDER_FAULTS, FaultArgumentError
from upbit_auto_trading.simulator.fault.fault_catalogue import FAULTS, fault_names, value_text
from upbit_auto_trading.simulator.fault.fault_kind import FaultError
from upbit_auto_trading.simulator.fault.faults import ActiveFault, FaultBoard
from upbit_auto_trading.simulator.fault.listing_faults import (
    check_listing_fault,
    follow_listing_faults,
)
from upbit_auto_trading.simulator.market.listing_state import ListingState
from upbit_auto_trading.simulator.socket.pacer import Pacer
from upbit_auto_trading.simulator.socket.publisher import Publisher
from upbit_auto_trading.tasks import TaskOwner


class FaultControl:
    """Sets and clears faults; those round orders go to the private exchange."""

    def __init__(
        self,
        board: FaultBoard,
        listing: ListingState,
        exchange: SimulatedExchange,
        publisher: Publisher,
    ) -> None:
        self._board = board
        self._listing = listing
        self._orders = exchange.faults
        self._publisher = publisher
        self._tasks = TaskOwner("faults")
        self._burst: Any = None
        follow_listing_faults(board, listing)
        # Tickers show how a market is listed, so those made before are old.
        board.on_set.append(lambda _: publisher.start_afresh())
        board.on_clear.append(lambda _: publisher.start_afresh())
        board.on_set.append(self._set)
        board.on_clear.append(self._cleared)

    def set(self, name: str, given: Mapping[str, object]) -> None:
        """Put a fault in force.

        Raises:
            FaultError: no such fault or argument, or a value it can't have.
        """
        texts = {key: value_text(value) for key, value in given.items()}
        if name in ORDER_FAULTS:
            try:
                self._orders.set(name, texts)
            except FaultArgumentError as error:
                raise FaultError(str(error)) from None
            return
        if name in FAULTS and "market" in FAULTS[name].arguments:
            check_listing_fault(name, texts, self._listing)
        self._board.set(name, texts)

    def clear(self, name: str) -> bool:
        """End a fault; return whether it was in force.

        Raises:
            FaultError: no such fault.
        """
        if name not in fault_names():
            raise FaultError(f"there is no fault {name!r}; there are {', '.join(fault_names())}")
        if name in ORDER_FAULTS:
            was_active = name in self._orders.active
            self._orders.clear(name)
            return was_active
        return self._board.clear(name)

    def describe(self) -> list[dict[str, Any]]:
        """Return the faults in force with their arguments."""
        rows: list[dict[str, Any]] = [
            {"name": fault.name, "args": dict(fault.arguments), "left": fault.left}
            for fault in self._board.active
        ]
        return rows + [{"name": name} for name in self._orders.active]

    def shared_quota(self, group: str) -> float:
        """Return the share of a rate group that another program uses up."""
        fault = self._board.find("shared_quota", group=group)
        return 0.0 if fault is None else fault.number("share")

    async def close(self) -> None:
        """Stop what the faults keep running. Harmless when repeated."""
        await self._tasks.close()

    def _set(self, fault: ActiveFault) -> None:
        if fault.name == "burst":
            pacer = Pacer(self._publisher, fault.number("rate"), counts_events=False)
            self._burst = self._tasks.start(pacer.run(), "burst")
        elif fault.name == "maintenance":
            self._orders.set("market_offline", {})
        elif fault.name == "halt":
            self._orders.set("market_offline", {"market": fault.text("market")})

    def _cleared(self, fault: ActiveFault) -> None:
        if fault.name == "burst" and self._burst is not None:
            self._burst.cancel()
            self._burst = None
        elif fault.name in ("maintenance", "halt"):
            self._orders.clear("market_offline")

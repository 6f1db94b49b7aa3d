"""One door for faults: by name, whatever part of the exchange shows them."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from upbit_auto_trading.simulator.account.exchange import SimulatedExchange
from upbit_auto_trading.simulator.account.order_faults import ORDER_FAULTS, FaultArgumentError
from upbit_auto_trading.simulator.fault.fault_catalogue import (
    FAULTS,
    fault_names,
    parse_arguments,
    value_text,
)
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
        change_tick: Callable[[str, int], None],
    ) -> None:
        self._change_tick = change_tick
        self._board = board
        self._listing = listing
        self._orders = exchange.faults
        self._announcements = exchange.announcements
        self._publisher = publisher
        self._tasks = TaskOwner("faults")
        self._loop = asyncio.get_running_loop()
        self._order_ends: dict[str, asyncio.TimerHandle] = {}
        self._burst: Any = None
        follow_listing_faults(board, listing)
        board.on_set.append(self._set)
        board.on_clear.append(self._cleared)
        # Tickers show how a market is listed, so those made before are old.
        board.on_set.append(lambda _: publisher.start_afresh())
        board.on_clear.append(lambda _: publisher.start_afresh())

    def set(self, name: str, given: Mapping[str, object]) -> None:
        """Put a fault in force.

        Raises:
            FaultError: no such fault or argument, or a value it can't have.
        """
        texts = {key: value_text(value) for key, value in given.items()}
        if name in FAULTS and "market" in FAULTS[name].arguments:
            check_listing_fault(name, texts, self._listing)
        edits = texts.get("edits")
        if edits and not self._announcements.knows(edits):
            raise FaultError(f"{name}: edits must be the uuid of an earlier one, not {edits!r}")
        if name in ORDER_FAULTS:
            self._set_order_fault(name, texts)
        else:
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
            self._end_order_fault(name)
            return was_active
        return self._board.clear(name)

    def describe(self) -> list[dict[str, Any]]:
        """Return the faults in force with their arguments.

        `left` is how often one still acts, 0 without such a bound; `seconds_left` is null for one
        that lasts until it is cleared.
        """
        now_s = self._loop.time()
        rows: list[dict[str, Any]] = [
            {
                "name": fault.name,
                "args": dict(fault.arguments),
                "left": fault.left,
                "seconds_left": fault.seconds_left(now_s),
            }
            for fault in self._board.active
        ]
        for name, arguments, left in self._orders.in_force():
            end = self._order_ends.get(name)
            seconds_left = None if end is None else max(0.0, end.when() - now_s)
            row = {"name": name, "args": dict(arguments), "left": left}
            rows.append({**row, "seconds_left": seconds_left})
        return rows

    def shared_quota(self, group: str) -> float:
        """Return the share of a rate group that another program uses up."""
        fault = self._board.find("shared_quota", group=group)
        return 0.0 if fault is None else fault.number("share")

    def repeated_candles(self) -> int:
        """Return how many candles a page repeats of the page before it."""
        fault = self._board.find("overlapping_pages")
        return 0 if fault is None else int(fault.number("candles"))

    async def close(self) -> None:
        """Stop what the faults keep running. Harmless when repeated."""
        for name in tuple(self._order_ends):
            self._end_order_fault(name)
        await self._tasks.close()

    def _set_order_fault(self, name: str, given: Mapping[str, str]) -> None:
        arguments = parse_arguments(name, given)
        texts = {key: value_text(value) for key, value in arguments.items() if value != ""}
        seconds = float(texts.pop("seconds", 0))
        self._call_off(name)
        try:
            self._orders.set(name, texts)
        except FaultArgumentError as error:
            raise FaultError(str(error)) from None
        if seconds > 0:
            end = self._loop.call_later(seconds, self._end_order_fault, name)
            self._order_ends[name] = end

    def _end_order_fault(self, name: str) -> None:
        self._call_off(name)
        self._orders.clear(name)

    def _call_off(self, name: str) -> None:
        timer = self._order_ends.pop(name, None)
        if timer is not None:
            timer.cancel()

    def _set(self, fault: ActiveFault) -> None:
        if fault.name == "burst":
            pacer = self._pacer(fault)
            self._burst = self._tasks.start(pacer.run(), "burst")
        elif fault.name == "tick_change":
            self._change_tick(fault.text("market"), int(fault.number("factor")))
        elif fault.name == "maintenance":
            self._orders.set("market_offline", {})
        elif fault.name == "halt":
            self._orders.set("market_offline", {"market": fault.text("market")})

    def _pacer(self, fault: ActiveFault) -> Pacer:
        factor = fault.number("factor")
        if factor > 1:
            return Pacer(self._publisher, 0, per_event=factor - 1)
        return Pacer(self._publisher, fault.number("rate"))

    def _cleared(self, fault: ActiveFault) -> None:
        if fault.name == "burst" and self._burst is not None:
            self._burst.cancel()
            self._burst = None
        elif fault.name == "tick_change":
            self._change_tick(fault.text("market"), 1)
        elif fault.name in ("maintenance", "halt"):
            self._end_order_fault("market_offline")

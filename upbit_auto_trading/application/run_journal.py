"""What a run does, on disk first and then told, in one order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from upbit_auto_trading.application.decision_data import decision_data, order_data
from upbit_auto_trading.domain.recording import (
    Decided,
    LedgerError,
    OrderEnded,
    OrderFilled,
    OrderIntended,
    TickTaken,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from upbit_auto_trading.application.trading_ports import Ledger
    from upbit_auto_trading.domain.decision import Decision
    from upbit_auto_trading.domain.order import Order
    from upbit_auto_trading.domain.recording import Entry

Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunPlace:
    """Where in the ledger a run is kept, and the market it trades."""

    run_id: int
    segment: int
    market: str


class RunJournal:
    """Collects entries; `keep` commits them with the memory they led to, then tells them.

    Once the ledger failed nothing is kept or told any more; `failure` says why.
    """

    def __init__(self, ledger: Ledger, place: RunPlace, tell: Callable[[Told], None]) -> None:
        self._ledger, self._place, self._tell = ledger, place, tell
        self._entries: list[Entry] = []
        self._news: list[Told] = []
        self._quality = ""
        self.failure: LedgerError | None = None
        self.counts = dict.fromkeys(("ticks", "held_back", "decisions", "orders", "fills"), 0)

    def took(self, taken: TickTaken) -> None:
        """Note a tick; a change of what its data is worth is news."""
        tick = taken.tick
        self._entries.append(taken)
        self.counts["ticks"] += tick.quality.is_print
        self.counts["held_back"] += not tick.quality.is_print
        if tick.quality.value != self._quality:
            self._quality = tick.quality.value
            self._news.append({"event": "data", "t": tick.ms, "quality": self._quality})

    def filled(self, entry: OrderFilled) -> None:
        """Note one execution of an order."""
        fill = entry.fill
        self._entries.append(entry)
        self.counts["fills"] += 1
        told: Told = {"event": "fill", "order": fill.order_id, "part": entry.place, "t": fill.ms}
        for name in ("price", "quantity", "funds", "fee"):
            told[name] = format(getattr(fill, name), "f")
        self._news.append(told)

    def ended(self, entry: OrderEnded) -> None:
        """Note an order's end."""
        self._entries.append(entry)
        told = {"id": entry.order_id, "state": entry.end.value, "reason": entry.detail}
        self._news.append({"event": "order"} | told)

    def decided(self, decision: Decision) -> None:
        """Note a decision."""
        data = decision_data(decision)
        self._entries.append(Decided(data))
        self.counts["decisions"] += 1
        self._news.append({"event": "decision"} | data)

    def intends(self, order: Order) -> None:
        """Note an order before it is placed."""
        self._entries.append(OrderIntended(order))
        self.counts["orders"] += 1
        self._news.append({"event": "order"} | order_data(order) | {"state": "intended"})

    async def keep(self, memory: Mapping[str, Any]) -> None:
        """Commit what was noted, then tell it; `memory` must be of this very moment."""
        if not self._entries or self.failure is not None:
            return
        entries, self._entries = self._entries, []
        news, self._news = self._news, []
        place = self._place
        try:
            await self._ledger.commit(place.run_id, place.segment, entries, memory)
        except LedgerError as error:
            self.failure = error
            return
        for told in news:
            self._tell(told)

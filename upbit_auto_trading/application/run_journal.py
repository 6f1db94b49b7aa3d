"""What a run does, on disk first and then told, in one order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from upbit_auto_trading.application.decision_data import decision_data, order_data
from upbit_auto_trading.domain.decision import Outcome
from upbit_auto_trading.domain.recording import (
    CashMoved,
    Decided,
    LedgerError,
    OrderByHand,
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
    from upbit_auto_trading.domain.recording import Entry, UserAction

Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunPlace:
    """Where in the ledger a run is kept, the market it trades and the strategy it follows."""

    run_id: int
    segment: int
    market: str
    strategy: str = ""

    def correlation(self, ms: int) -> str:
        """Return what everything that follows from one tick has in common."""
        return f"p{self.run_id}-{ms}"


class RunJournal:
    """Collects entries; `keep` commits them with the memory they led to, then tells them.

    While the disk doesn't let it, `trouble` says why, everything stays noted and `keep` tries it
    again; a ledger that won't recover by itself is a `failure`, and nothing more is kept or told.
    """

    def __init__(self, ledger: Ledger, place: RunPlace, tell: Callable[[Told], None]) -> None:
        self._ledger, self.place, self._tell = ledger, place, tell
        self._entries: list[Entry] = []
        self._news: list[Told] = []
        self._quality = ""
        self.trouble: LedgerError | None = None
        self.failure: LedgerError | None = None
        self.counts = dict.fromkeys(("ticks", "held_back", "decisions", "orders", "fills"), 0)

    def took(self, taken: TickTaken, age_s: float | None = None) -> None:
        """Note a tick; a change of what its data is worth is news.

        `age_s` says how old the newest data is where it doesn't come live.
        """
        tick = taken.tick
        self._entries.append(taken)
        self.counts["ticks"] += tick.quality.is_print
        self.counts["held_back"] += not tick.quality.is_print
        if tick.quality.value != self._quality:
            self._quality = tick.quality.value
            age_ms = None if age_s is None else round(age_s * 1000)
            self._say("data", tick.ms, {"quality": self._quality, "age_ms": age_ms})

    def filled(self, entry: OrderFilled, order: Order) -> None:
        """Note one execution of an order."""
        fill = entry.fill
        self._entries.append(entry)
        self.counts["fills"] += 1
        told: Told = {"order": fill.order_id, "part": entry.place, "side": order.side.value}
        told["rule"] = order.rule
        for name in ("price", "quantity", "funds", "fee"):
            told[name] = format(getattr(fill, name), "f")
        self._say("fill", fill.ms, told, about_ms=order.ms)

    def ended(self, entry: OrderEnded, order: Order) -> None:
        """Note an order's end."""
        self._entries.append(entry)
        told = {"id": entry.order_id, "state": entry.end.value, "reason": entry.detail}
        told |= {"side": order.side.value, "rule": order.rule}
        self._say("order", entry.ms, told, about_ms=order.ms)

    def decided(self, decision: Decision) -> None:
        """Note a decision; one to order also notes the order, before it is placed."""
        data = decision_data(decision)
        self._entries.append(Decided(data))
        self.counts["decisions"] += 1
        self._say("decision", decision.ms, data)
        if decision.outcome is Outcome.ORDERED and decision.order is not None:
            self._intends(decision.order)

    def acted(self, action: UserAction, ms: int) -> None:
        """Note what the user did in the run."""
        self._entries.append(action)
        if isinstance(action, OrderByHand):
            self._intends(action.order)
        elif isinstance(action, CashMoved):
            self._say("cash", ms, {"amount": format(action.amount, "f")})
        else:
            self._say("run", ms, {"state": "suspended" if action.is_suspended else "resumed"})

    async def keep(self, memory: Mapping[str, Any]) -> None:
        """Commit what was noted, then tell it; `memory` must be of this very moment."""
        if not self._entries or self.failure is not None:
            return
        entries, self._entries = self._entries, []
        news, self._news = self._news, []
        place = self.place
        try:
            await self._ledger.commit(place.run_id, place.segment, entries, memory, news)
        except LedgerError as error:
            self._entries[:0], self._news[:0] = entries, news
            self._failed(error)
            return
        if self.trouble is not None:
            self.trouble = None
            self._tell({"event": "ledger", "state": "kept", "market": place.market})
        for told in news:
            self._tell(told)

    def give_up(self) -> None:
        """Take what can't be kept now for lost: the run ends."""
        self.failure = self.failure or self.trouble

    def _failed(self, error: LedgerError) -> None:
        if not error.may_pass:
            self.failure = error
        was_told, self.trouble = self.trouble, error
        if was_told is None:
            told = {"event": "ledger", "state": "failing", "code": error.code}
            self._tell(told | {"market": self.place.market})

    def _intends(self, order: Order) -> None:
        self._entries.append(OrderIntended(order))
        self.counts["orders"] += 1
        self._say("order", order.ms, order_data(order) | {"state": "intended"})

    def _say(self, event: str, ms: int, facts: Told, *, about_ms: int | None = None) -> None:
        place = self.place
        told = {"event": event, "t": ms, "market": place.market, "strategy": place.strategy}
        told["run"] = place.run_id
        told["correlation"] = place.correlation(ms if about_ms is None else about_ms)
        self._news.append(told | facts | {"t": ms})

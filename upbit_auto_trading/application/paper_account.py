"""The paper account: what it is worth, what was earned, its orders; begun anew, nothing lost."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from upbit_auto_trading.application.paper_views import AccountView, OrderCounts, TradingRefusedError
from upbit_auto_trading.domain.order import OrderSide
from upbit_auto_trading.domain.paper_account import EquityPoints
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.domain.risk import RiskLimits
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from upbit_auto_trading.application.paper_runs import PaperRuns
    from upbit_auto_trading.application.run_journal import Told
    from upbit_auto_trading.application.trading_ports import Books
    from upbit_auto_trading.domain.order import Fill
    from upbit_auto_trading.domain.paper_account import AccountRecord, OrderRecord
    from upbit_auto_trading.domain.risk import RiskGuard

START_CASH: Final = Decimal(10_000_000)
SAMPLE_S: Final = 60.0
"""How often the account's worth is kept; every fill is besides."""

_DAY_MS: Final = 86_400_000
_LEAST_CASH: Final = Decimal(10_000)
_MOST_CASH: Final = Decimal(10**12)
_LIMITS: Final = "limits"
_STOPPED: Final = "stopped"
_ENDS: Final = {
    "filled": "filled",
    "partly_filled": "filled",
    "cancelled": "cancelled",
    "refused": "refused",
}
_log = logging.getLogger(__name__)


class PaperAccount:
    """One account at a time; `reset` begins the next, and what was stays in the ledger.

    `wall` is the clock in epoch seconds.
    """

    def __init__(
        self, runs: PaperRuns, books: Books, guard: RiskGuard, wall: Callable[[], float]
    ) -> None:
        self._runs, self._books, self._guard, self._wall = runs, books, guard, wall
        self._record: AccountRecord | None = None
        self._fees = Decimal(0)
        self._day = 0
        self._day_start = Decimal(0)
        self._today: Counter[str] = Counter()
        self._tasks = TaskOwner("paper-account")
        self._is_due = asyncio.Event()
        runs.listen_to_events(self._told)

    @property
    def limits(self) -> RiskLimits:
        """The limits every order is checked against."""
        return self._guard.limits

    @property
    def history_id(self) -> int:
        """The number of the account in use; it changes with `reset`."""
        return self._opened.id

    async def open(self, default_cash: Decimal = START_CASH) -> None:
        """Take over the account in use, or open the first one; its runs come with it.

        Raises:
            LedgerError: the disk doesn't let it.
        """
        record = await self._books.account()
        if record is None:
            record = await self._books.open_account(default_cash, self._now_ms())
        self._guard.limits = _limits_of(await self._books.kept(_LIMITS))
        stopped = await self._books.kept(_STOPPED) or {}
        await self._runs.open(record, is_stopped=bool(stopped.get("is_stopped")))
        await self._take(record)
        self._tasks.start(self._sample(), "sample")

    async def close(self) -> None:
        """Keep nothing any more. Harmless when repeated."""
        await self._tasks.close()

    def view(self) -> AccountView:
        """Return the account at this moment. Cheap: it asks nobody."""
        record, positions = self._opened, self._runs.positions()
        held = sum((position.value for position in positions), Decimal(0))
        cost = sum((position.cost for position in positions), Decimal(0))
        free = self._runs.free()
        cash = free + self._runs.cash_in_runs()
        equity, unrealised = cash + held, held - cost
        today = equity - self._day_start
        open_orders = sum(slot.has_open_order for slot in self._runs.slots)
        return AccountView(
            record.id,
            record.opened_ms,
            record.cash,
            free,
            cash,
            held,
            equity,
            today,
            float(today / self._day_start * 100) if self._day_start else 0.0,
            unrealised,
            float(unrealised / cost * 100) if cost else 0.0,
            equity - record.cash - unrealised,
            self._fees,
            OrderCounts(
                self._today["filled"],
                self._today["cancelled"],
                self._today["refused"],
                open_orders,
            ),
            positions,
            self._runs.is_stopped,
        )

    async def equity(self, since_ms: int = 0, most: int = 4_000) -> EquityPoints:
        """Return what the account was worth from `since_ms` on, this moment last.

        At most about `most` points, each stretch's lowest and highest among them.

        Raises:
            LedgerError: the disk doesn't let it.
        """
        points = await self._books.equity(self._opened.id, since_ms)
        view = self.view()
        now = EquityPoints(
            np.append(points.ms, self._now_ms()),
            np.append(points.cash, float(view.cash)),
            np.append(points.held, float(view.held)),
        )
        return thinned(now, most)

    async def orders(
        self,
        limit: int = 200,
        before: OrderRecord | None = None,
        market: str = "",
        *,
        open_only: bool = False,
        with_earlier: bool = False,
    ) -> Sequence[OrderRecord]:
        """Return orders with their history and fills, newest first; `before` ends the page before.

        With `with_earlier` those of accounts before the last resets, too.

        Raises:
            LedgerError: the disk doesn't let it.
        """
        account = None if with_earlier else self._opened.id
        return await self._books.orders(account, limit, before, market, open_only=open_only)

    async def set_limits(self, limits: RiskLimits) -> None:
        """Check every order against other limits from now on.

        Raises:
            TradingRefusedError: `out_of_range` with the field's name.
            LedgerError: they count, but aren't kept for the next start.
        """
        _check_limits(limits)
        self._guard.limits = limits
        told: Told = {"event": "account", "t": self._now_ms(), "state": "limits"}
        await self._books.keep(_LIMITS, _limits_data(limits))
        await self._say(told | _limits_data(limits))

    async def set_stopped(self, *, is_stopped: bool, suspended: int) -> None:
        """Keep that everything was stopped, or allowed again, so that a restart knows.

        Raises:
            LedgerError: it can't be kept.
        """
        state = "stopped" if is_stopped else "allowed"
        told: Told = {"event": "stop", "t": self._now_ms(), "state": state, "runs": suspended}
        await self._books.keep(_STOPPED, {"is_stopped": is_stopped})
        await self._say(told)

    async def reset(self, cash: Decimal = START_CASH) -> AccountView:
        """End every run and begin an account with that cash; what was is kept and can be read.

        Raises:
            TradingRefusedError: `out_of_range` for the field `cash`.
            LedgerError: the account stays as it was.
        """
        if not cash.is_finite() or not _LEAST_CASH <= cash <= _MOST_CASH:
            facts = {"lowest": _LEAST_CASH, "highest": _MOST_CASH, "value": cash}
            raise TradingRefusedError("out_of_range", "cash", **facts)
        before = self.view()
        for run in self._runs.views():
            if run.is_live:
                await self._runs.stop(run.run_id)
        told: Told = {"event": "account", "t": self._now_ms(), "state": "reset"}
        told |= {"cash": format(cash, "f"), "equity_before": format(before.equity, "f")}
        record = await self._books.open_account(cash, self._now_ms(), [told])
        await self._runs.open(record, is_stopped=self._runs.is_stopped)
        await self._take(record)
        self._runs.tell(told)
        return self.view()

    async def _say(self, told: Told) -> None:
        await self._books.tell([told])
        self._runs.tell(told)

    async def _take(self, record: AccountRecord) -> None:
        self._record = record
        fills = await self._books.fills_since(record.id, 0)
        self._fees = sum((fill.fee for _, _, fill in fills), Decimal(0))
        self._guard.forget()
        for ms, profit in closed_positions(fills):
            self._guard.closed(ms, profit)
        await self._begin_day(self._now_ms() // _DAY_MS)
        await self._keep_sample()

    async def _begin_day(self, day: int) -> None:
        """Take the newest worth from before 09:00 in Korea as what the day began with."""
        record, start_ms = self._opened, day * _DAY_MS
        points = await self._books.equity(record.id, start_ms - 30 * _DAY_MS)
        earlier = points.equity[points.ms < start_ms]
        self._day = day
        self._day_start = Decimal(repr(float(earlier[-1]))) if len(earlier) else record.cash
        self._today.clear()
        for state, count in (await self._books.order_states(record.id, start_ms)).items():
            self._today[_ENDS[state]] += count

    async def _sample(self) -> None:
        while True:
            try:
                async with asyncio.timeout(SAMPLE_S):
                    await self._is_due.wait()
            except TimeoutError:
                pass
            self._is_due.clear()
            try:
                if self._now_ms() // _DAY_MS != self._day:
                    await self._begin_day(self._now_ms() // _DAY_MS)
                await self._keep_sample()
            except LedgerError as error:
                _log.warning("the account's worth isn't kept: %s", error)

    async def _keep_sample(self) -> None:
        view = self.view()
        moment = (self._opened.id, self._now_ms())
        await self._books.add_equity(*moment, float(view.cash), float(view.held))

    def _told(self, told: Told) -> None:
        if told["event"] == "fill":
            self._fees += Decimal(told["fee"])
            self._is_due.set()
        elif told["event"] == "order" and told["state"] in _ENDS:
            self._today[_ENDS[told["state"]]] += 1

    @property
    def _opened(self) -> AccountRecord:
        if self._record is None:
            raise RuntimeError("the account isn't open")
        return self._record

    def _now_ms(self) -> int:
        return round(self._wall() * 1000)


def closed_positions(
    fills: Iterable[tuple[int, OrderSide, Fill]],
) -> Iterator[tuple[int, Decimal]]:
    """Yield when each position was closed and what it brought, fees included, oldest first.

    `fills` are (run, side, fill), oldest first; a run has one position at a time.
    """
    held: dict[int, tuple[Decimal, Decimal]] = {}
    for run, side, fill in fills:
        quantity, result = held.get(run, (Decimal(0), Decimal(0)))
        if side is OrderSide.BUY:
            quantity, result = quantity + fill.quantity, result - fill.funds - fill.fee
        else:
            quantity, result = quantity - fill.quantity, result + fill.funds - fill.fee
        held[run] = quantity, result
        if not quantity:
            yield fill.ms, result
            del held[run]


def thinned(points: EquityPoints, most: int) -> EquityPoints:
    """Return at most about `most` points, each stretch's lowest and highest among them."""
    count = len(points.ms)
    if count <= most:
        return points
    keep, equity = {0, count - 1}, points.equity
    edges = np.linspace(0, count, max(1, most // 2) + 1).astype(np.int64)
    for begin, end in pairwise(edges):
        part = equity[begin:end]
        keep.update((int(begin + part.argmin()), int(begin + part.argmax())))
    places = np.array(sorted(keep))
    return EquityPoints(points.ms[places], points.cash[places], points.held[places])


_AMOUNTS: Final = ("largest_order", "largest_position", "daily_loss", "largest_exposure")


def _limits_data(limits: RiskLimits) -> dict[str, Any]:
    data: dict[str, Any] = {"orders_a_minute": limits.orders_a_minute}
    for name in _AMOUNTS:
        amount = getattr(limits, name)
        data[name] = None if amount is None else format(amount, "f")
    return data


def _limits_of(data: Mapping[str, Any] | None) -> RiskLimits:
    if data is None:
        return RiskLimits()
    return RiskLimits(
        largest_order=_amount(data, "largest_order"),
        largest_position=_amount(data, "largest_position"),
        orders_a_minute=int(data["orders_a_minute"]),
        daily_loss=_amount(data, "daily_loss"),
        largest_exposure=_amount(data, "largest_exposure"),
    )


def _amount(data: Mapping[str, Any], name: str) -> Decimal | None:
    return None if data[name] is None else Decimal(data[name])


def _check_limits(limits: RiskLimits) -> None:
    if not 1 <= limits.orders_a_minute <= 1_000:
        facts = {"lowest": 1, "highest": 1_000, "value": limits.orders_a_minute}
        raise TradingRefusedError("out_of_range", "orders_a_minute", **facts)
    for name in _AMOUNTS:
        amount = getattr(limits, name)
        if amount is not None and not (amount.is_finite() and 0 < amount <= _MOST_CASH):
            raise TradingRefusedError(
                "out_of_range", name, lowest=0, highest=_MOST_CASH, value=amount
            )

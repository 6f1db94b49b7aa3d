"""The simulated exchange's private side: orders in, fills and account events out.

Sans-I/O: every call brings the exchange's time. `advance` lets everything happen that is due by
then: matching of accepted orders, cancels, public trades against resting orders, late events.
"""

import uuid as uuid_module
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from upbit_auto_trading.domain.money import cut
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.account.account_events import AccountEvents
from upbit_auto_trading.simulator.account.account_file import AccountBook
from upbit_auto_trading.simulator.account.accounts import (
    ZERO,
    InsufficientFundsError,
    Pocket,
    exactly,
)
from upbit_auto_trading.simulator.account.agenda import Agenda
from upbit_auto_trading.simulator.account.announcements import AnnouncementBoard
from upbit_auto_trading.simulator.account.auth import ApiKey, Authenticator
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError
from upbit_auto_trading.simulator.account.market_floor import MarketFloor
from upbit_auto_trading.simulator.account.order_acceptance import check_acceptable, total_of
from upbit_auto_trading.simulator.account.order_faults import OrderFaults
from upbit_auto_trading.simulator.account.order_registry import OrderRegistry
from upbit_auto_trading.simulator.account.order_rules import (
    SelfMatchRules,
    check_total,
    fee_rate,
    insufficient_funds,
)
from upbit_auto_trading.simulator.account.order_views import asset_event
from upbit_auto_trading.simulator.account.orders import ExchangeOrder, OrderRequest, OrderState
from upbit_auto_trading.simulator.account.pocket_transfers import PocketTransfers
from upbit_auto_trading.simulator.account.public_depth import MarketView
from upbit_auto_trading.simulator.account.settlement import OrderSettlement
from upbit_auto_trading.simulator.account.transfers import Transfers

_OFFLINE_STEP_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class ExchangeSettings:
    """How long an accepted order takes to be matched, and a cancel to take effect."""

    matching_delay_ms: int = 3
    cancel_delay_ms: int = 8


@dataclass(frozen=True, slots=True)
class Replacement:
    """A new order that follows the cancel of `previous`. `request.volume` None: what remained."""

    previous: ExchangeOrder
    request: OrderRequest
    uuid: str


class SimulatedExchange:
    """Accounts, orders and their matching over one simulated market."""

    def __init__(
        self,
        view: MarketView,
        markets: Collection[str],
        accounts: AccountBook,
        settings: ExchangeSettings | None = None,
        *,
        new_id: Callable[[], str] = lambda: str(uuid_module.uuid4()),
        tick_factor: Callable[[str], int] = lambda _: 1,
    ) -> None:
        self.tick_factor = tick_factor
        self.view = view
        self.markets = markets
        self.accounts = accounts
        self.settings = settings or ExchangeSettings()
        self.authenticator = Authenticator(accounts.keys)
        self.events = AccountEvents(accounts.keys)
        self.announcements = AnnouncementBoard()
        self.faults = OrderFaults(self.events, self._fault_changed)
        self.orders = OrderRegistry()
        self.new_id = new_id
        self._settlement = OrderSettlement(accounts.pockets, self.events, view, markets, new_id)
        self._floor = MarketFloor(view, self._settlement, self.faults.is_offline)
        self.agenda = Agenda()
        self.transfers = Transfers(self)
        self.pocket_transfers = PocketTransfers(self)

    @property
    def self_match(self) -> SelfMatchRules:
        """The rules for self trades in force."""
        return SelfMatchRules(announced="announced_self_match" in self.faults.active)

    def pocket(self, key: ApiKey) -> Pocket:
        """Return the pocket a key belongs to."""
        return self.accounts.pockets[key.pocket_uuid]

    @exactly
    def advance(self, now_ms: int) -> None:
        """Let everything happen that is due by `now_ms`, in order of time."""
        for due_ms, action in self.agenda.due(now_ms):
            self._floor.run_until(due_ms)
            self._settlement.now_ms = max(due_ms, self._settlement.now_ms)
            action()
        self._floor.run_until(now_ms)
        self._settlement.now_ms = max(now_ms, self._settlement.now_ms)
        self.events.deliver_due(now_ms)

    def tell_assets(self, pocket: Pocket, *currencies: str) -> None:
        """Publish balances that changed for a reason other than an order."""
        now_ms = self._settlement.now_ms
        self.events.publish(pocket.uuid, asset_event(pocket, currencies, now_ms), now_ms)

    def next_due_ms(self) -> int | None:
        """Return when something is due that doesn't come from the market; None without any."""
        dues = [self.events.next_due_ms(), self.agenda.next_ms()]
        return min((due for due in dues if due is not None), default=None)

    def awaits_market(self) -> bool:
        """Whether orders rest, so that the exchange must follow the public trades."""
        return not self._floor.is_empty

    @exactly
    def place(self, pocket: Pocket, request: OrderRequest, now_ms: int) -> ExchangeOrder:
        """Accept an order; it is matched a moment later.

        Raises:
            ExchangeError: the first rule it breaks, checked in the order of the reference.
        """
        self.advance(now_ms)
        self._check(pocket, request, now_ms)
        order = self._create(self.new_id(), pocket, request, now_ms)
        self._settlement.now_ms = now_ms
        try:
            self._settlement.accepted(order)
        except InsufficientFundsError:
            raise insufficient_funds(request.market, request.side) from None
        self.orders.claim_identifier(pocket.uuid, request.identifier, order.uuid)
        self.orders.add(order)
        self.agenda.add(now_ms + self.settings.matching_delay_ms, lambda: self._match(order))
        return order

    @exactly
    def try_order(self, pocket: Pocket, request: OrderRequest, now_ms: int) -> ExchangeOrder:
        """Return the order as it would be accepted, placing nothing.

        Raises:
            ExchangeError: as `place`.
        """
        self.advance(now_ms)
        self._check(pocket, request, now_ms)
        order = self._create(self.new_id(), pocket, request, now_ms)
        if pocket.balance(order.locked_currency).free < order.locked:
            raise insufficient_funds(request.market, request.side)
        return order

    def cancel(self, order: ExchangeOrder, now_ms: int) -> None:
        """Accept the cancel of a waiting order; it takes effect a moment later.

        Raises:
            ExchangeError: bad_request, when the order has ended; market_offline.
        """
        self._check_changeable(order)
        delay_ms = self.faults.cancel_delay_ms(self.settings.cancel_delay_ms)
        self.agenda.add(now_ms + delay_ms, lambda: self._cancel(order))

    @exactly
    def replace(
        self,
        pocket: Pocket,
        previous: ExchangeOrder,
        wanted: OrderRequest,
        now_ms: int,
        *,
        remain_only: bool,
    ) -> Replacement:
        """Accept the cancel of `previous` and a new order of the same market and side after it.

        The new order appears only when the cancel took effect and the pocket can pay it.

        Raises:
            ExchangeError: bad_request when `previous` has ended, market_offline, or a rule the new
                order breaks.
        """
        self._check_changeable(previous)
        self._check(pocket, wanted, now_ms)
        replacement = Replacement(
            previous, replace(wanted, volume=None) if remain_only else wanted, self.new_id()
        )
        self.orders.claim_identifier(pocket.uuid, wanted.identifier, replacement.uuid)
        delay_ms = self.faults.cancel_delay_ms(self.settings.cancel_delay_ms)
        self.agenda.add(now_ms + delay_ms, lambda: self._replace(pocket, replacement, remain_only))
        return replacement

    def _check_changeable(self, order: ExchangeOrder) -> None:
        if not order.is_open:
            raise ExchangeError("bad_request")
        if self.faults.is_offline(order.request.market):
            raise ExchangeError("market_offline")

    def _check(self, pocket: Pocket, request: OrderRequest, now_ms: int) -> None:
        matching = self._floor.matching(request.market)
        check_acceptable(pocket, request, self.orders, matching, now_ms)

    def _create(
        self, uuid: str, pocket: Pocket, request: OrderRequest, now_ms: int
    ) -> ExchangeOrder:
        return ExchangeOrder(uuid, pocket.uuid, request, now_ms, fee_rate(request.market))

    def _match(self, order: ExchangeOrder) -> None:
        market = order.request.market
        if order.is_open and self.faults.is_offline(market):
            self.agenda.add(self._settlement.now_ms + _OFFLINE_STEP_MS, lambda: self._match(order))
        elif order.is_open:
            self._floor.matching(market).arrive(order, self._settlement.now_ms)

    def _fault_changed(self, name: str, arguments: Mapping[str, str], in_force: bool) -> None:
        if name == "announcement":
            category = arguments.get("category", "notice")
            self.announcements.publish(
                arguments.get("title", category),
                category,
                arguments.get("body", ""),
                self._settlement.now_ms,
                edits=arguments.get("edits"),
            )
        elif name == "market_offline" and not in_force:
            self.agenda.add(self._floor.now_ms, lambda: self._resume(arguments.get("market")))

    def _resume(self, market: str | None) -> None:
        """Cancel what maintenance left on the wrong side: bids above, asks below the last price."""
        for order in self._floor.on_wrong_side(market):
            self._cancel(order)

    def _cancel(self, order: ExchangeOrder) -> None:
        if not order.is_open:
            return
        share = self.faults.share_filled_before_cancel()
        price = order.limit_price
        if share and price is not None:
            volume = cut(order.wants(price) * share / 100)
            taker = Side.ASK if order.request.side is Side.BID else Side.BID
            if volume > ZERO:
                self._settlement.traded(order, price, volume, is_maker=True, taker=taker)
        self._floor.matching(order.request.market).remove(order)
        if order.is_open:
            self._settlement.cancelled(order)

    def _replace(self, pocket: Pocket, replacement: Replacement, remain_only: bool) -> None:
        previous, request = replacement.previous, replacement.request
        if not previous.is_open:
            return
        self._cancel(previous)
        if previous.state is OrderState.DONE:
            return
        now_ms = self._settlement.now_ms
        if remain_only:
            request = replace(request, volume=previous.remaining_volume)
        order = self._create(replacement.uuid, pocket, request, now_ms)
        try:
            total = total_of(request, self._floor.matching(request.market), now_ms)
            check_total(request.market, request.side, total)
            self._settlement.accepted(order)
        except (ExchangeError, InsufficientFundsError):
            return
        self.orders.add(order)
        self._match(order)

"""Price-time matching of our orders with the public market and with each other.

An arriving order walks the public book's 30 levels and the resting orders of the simulator's
accounts, best price first, older volume first. What rests then waits behind the volume shown at
its price: public trades at that price use the queue up before they fill it; a trade at a worse
price proves that its price was crossed, and fills it as far as that trade and the crossing side of
the book supply.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Protocol

from upbit_auto_trading.domain.money import exact
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.account.accounts import ZERO
from upbit_auto_trading.simulator.account.offers import Offer, Resting, is_better, offers_for
from upbit_auto_trading.simulator.account.orders import ExchangeOrder, OrderType
from upbit_auto_trading.simulator.account.public_depth import PublicDepth
from upbit_auto_trading.simulator.market.market_source import Print

_OPPOSITE = {Side.BID: Side.ASK, Side.ASK: Side.BID}


class Settlement(Protocol):
    """Who books what the matching finds."""

    def traded(
        self, order: ExchangeOrder, price: Decimal, volume: Decimal, *, is_maker: bool, taker: Side
    ) -> None:
        """Book one execution of `order`; end the order when nothing is left of it."""

    def cancelled(self, order: ExchangeOrder) -> None:
        """End `order` and give back what it still locks."""

    def prevented(self, order: ExchangeOrder, volume: Decimal, price: Decimal) -> None:
        """Take `volume` from `order`, which would have traded with its own account."""

    def rests(self, order: ExchangeOrder) -> None:
        """Tell that `order` (or what is left of it) waits in the book."""


class Matching:
    """The matching of one market."""

    def __init__(self, depth: PublicDepth, settlement: Settlement) -> None:
        self._depth = depth
        self._settlement = settlement
        self._resting: dict[Side, list[Resting]] = {Side.BID: [], Side.ASK: []}

    @property
    def is_empty(self) -> bool:
        """Whether no order rests here."""
        return not any(self._resting.values())

    def beyond(self, price: Decimal) -> list[ExchangeOrder]:
        """Return the resting bids above and asks below `price`."""
        return [
            row.order
            for side, rows in self._resting.items()
            for row in rows
            if is_better(side, row.price, price)
        ]

    def remove(self, order: ExchangeOrder) -> None:
        """Take a resting order out of the book; harmless when it isn't there."""
        side = order.request.side
        self._resting[side] = [row for row in self._resting[side] if row.order is not order]

    def arrive(self, order: ExchangeOrder, at_ms: int) -> None:
        """Match a new order, then let it rest, end it, or cancel what is left."""
        in_force = order.request.time_in_force
        if in_force == "post_only" and self._crosses(order, at_ms):
            self._settlement.cancelled(order)
            return
        if in_force != "fok" or self._fillable(order, at_ms):
            self._walk(order, at_ms)
        if not order.is_open:
            return
        if order.request.kind is OrderType.LIMIT and in_force in (None, "post_only"):
            self._rest(order, at_ms)
        else:
            self._settlement.cancelled(order)

    def printed(self, public: Print) -> None:
        """Fill resting orders with a public trade."""
        price, left = exact(public.price), exact(public.volume)
        for side in (Side.BID, Side.ASK):
            rows = list(self._resting[side])
            crossed = [row for row in rows if is_better(side, row.price, price)]
            for row in crossed:
                left = self._take_crossed(row, left, public)
            level = [row for row in rows if row.price == price]
            if level:
                left = self._take_level(side, level, left, public)
            self._resting[side] = [row for row in self._resting[side] if row.order.is_open]

    def falls_short(self, side: Side, volume: Decimal | None, funds: Decimal, at_ms: int) -> bool:
        """Whether a market order asks more than the opposite side's shown levels hold."""
        levels = self._depth.levels(_OPPOSITE[side], at_ms)
        if volume is not None:
            return sum((level.size for level in levels), ZERO) < volume
        return sum((level.size * level.price for level in levels), ZERO) < funds

    def best_against(self, side: Side, at_ms: int) -> Decimal | None:
        """Return the best public price an order of `side` would trade at."""
        return self._depth.best(_OPPOSITE[side], at_ms)

    def _walk(self, order: ExchangeOrder, at_ms: int) -> None:
        first: Decimal | None = None
        while order.is_open:
            offer = next(self._offers(order, at_ms), None)
            if offer is None:
                return
            if order.request.kind is OrderType.BEST and first not in (None, offer.price):
                return
            first = offer.price
            volume = min(order.wants(offer.price), offer.volume)
            if volume == ZERO:
                return
            if offer.maker is not None and self._is_self_match(order, offer.maker.order):
                self._prevent(order, offer.maker.order, volume, offer.price)
                continue
            self._execute(order, offer, volume)

    def _execute(self, order: ExchangeOrder, offer: Offer, volume: Decimal) -> None:
        side = order.request.side
        if offer.maker is not None:
            maker = offer.maker.order
            self._settlement.traded(maker, offer.price, volume, is_maker=True, taker=side)
            if not maker.is_open:
                self.remove(maker)
        elif offer.level is not None:
            offer.level.size -= volume
            for row in self._resting[_OPPOSITE[side]]:
                if row.price == offer.price:
                    row.ahead = max(ZERO, row.ahead - volume)
        self._settlement.traded(order, offer.price, volume, is_maker=False, taker=side)

    def _is_self_match(self, taker: ExchangeOrder, maker: ExchangeOrder) -> bool:
        if taker.pocket_uuid != maker.pocket_uuid:
            return False
        return taker.request.smp_type not in (None, "none")

    def _prevent(
        self, taker: ExchangeOrder, maker: ExchangeOrder, volume: Decimal, price: Decimal
    ) -> None:
        mode = taker.request.smp_type
        if mode in ("reduce", "cancel_taker"):
            whole = volume if mode == "reduce" else taker.wants(price)
            self._settlement.prevented(taker, whole, price)
        if mode in ("reduce", "cancel_maker"):
            whole = volume if mode == "reduce" else maker.wants(price)
            self._settlement.prevented(maker, whole, price)
            if not maker.is_open:
                self.remove(maker)

    def _offers(self, order: ExchangeOrder, at_ms: int) -> Iterator[Offer]:
        side = _OPPOSITE[order.request.side]
        return offers_for(order, side, self._depth.levels(side, at_ms), self._resting[side])

    def _crosses(self, order: ExchangeOrder, at_ms: int) -> bool:
        return next(self._offers(order, at_ms), None) is not None

    def _fillable(self, order: ExchangeOrder, at_ms: int) -> bool:
        """Whether the order would fill whole at once, without trading with its own account."""
        wanted, funds = order.remaining_volume, order.remaining_funds
        first: Decimal | None = None
        for offer in self._offers(order, at_ms):
            if order.request.kind is OrderType.BEST and first not in (None, offer.price):
                return False
            first = offer.price
            if offer.maker is not None and self._is_self_match(order, offer.maker.order):
                return False
            if wanted is None:
                funds -= offer.volume * offer.price
            else:
                wanted -= offer.volume
            if (funds if wanted is None else wanted) <= ZERO:
                return True
        return False

    def _rest(self, order: ExchangeOrder, at_ms: int) -> None:
        side, price = order.request.side, order.request.price or ZERO
        row = Resting(order, price, self._depth.queue_at(side, price, at_ms))
        rows = self._resting[side]
        behind = (n for n, other in enumerate(rows) if is_better(side, price, other.price))
        rows.insert(next(behind, len(rows)), row)
        self._settlement.rests(order)

    def _take_crossed(self, row: Resting, left: Decimal, public: Print) -> Decimal:
        """Fill a crossed order from the trade, then from the crossing levels; return the rest."""
        side = row.order.request.side
        volume = min(row.order.wants(row.price), left)
        if volume > ZERO:
            self._fill_resting(row, volume)
            left -= volume
        for level in self._depth.levels(_OPPOSITE[side], public.trade_ms):
            if not row.order.is_open or not row.order.accepts(level.price):
                break
            volume = min(row.order.wants(row.price), level.size)
            level.size -= volume
            self._fill_resting(row, volume)
        return left

    def _take_level(
        self, side: Side, rows: Sequence[Resting], left: Decimal, public: Print
    ) -> Decimal:
        """Use up the queue, then fill the orders at the trade's own price; return the rest."""
        shown = self._depth.queue_at(side, rows[0].price, public.trade_ms)
        # A trade whose taker stood on our own side means that the opposite side came down to
        # our price: whoever was before us there has traded.
        reached = public.side is side
        used = ZERO
        for row in rows:
            row.ahead = ZERO if reached else min(row.ahead, max(shown, used))
            waiting = min(left, max(ZERO, row.ahead - used))
            left -= waiting
            used += waiting
            volume = min(left, row.order.wants(row.price))
            if volume > ZERO:
                self._fill_resting(row, volume)
                left -= volume
        for row in rows:
            row.ahead = max(ZERO, row.ahead - used)
        return left

    def _fill_resting(self, row: Resting, volume: Decimal) -> None:
        taker = _OPPOSITE[row.order.request.side]
        self._settlement.traded(row.order, row.price, volume, is_maker=True, taker=taker)

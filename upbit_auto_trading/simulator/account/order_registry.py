"""Every order ever placed, found by uuid, identifier, state and time of creation."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence

from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError
from upbit_auto_trading.simulator.account.orders import ExchangeOrder, OrderState


class OrderRegistry:
    """The orders of all pockets. Identifiers are never given back, whatever became of the order."""

    def __init__(self) -> None:
        self._by_uuid: dict[str, ExchangeOrder] = {}
        self._by_identifier: dict[tuple[str, str], str] = {}
        self._by_pocket: dict[str, list[ExchangeOrder]] = {}
        self._open: dict[str, ExchangeOrder] = {}

    def claim_identifier(self, pocket_uuid: str, identifier: str | None, uuid: str) -> None:
        """Bind an identifier to the order `uuid`, for ever."""
        if identifier is not None:
            self._by_identifier[pocket_uuid, identifier] = uuid

    def knows_identifier(self, pocket_uuid: str, identifier: str | None) -> bool:
        """Whether the identifier was used before."""
        return identifier is not None and (pocket_uuid, identifier) in self._by_identifier

    def add(self, order: ExchangeOrder) -> None:
        """Keep a new order."""
        self._by_uuid[order.uuid] = order
        self._by_pocket.setdefault(order.pocket_uuid, []).append(order)
        self._open[order.uuid] = order

    def find(self, pocket_uuid: str, uuid: str | None, identifier: str | None) -> ExchangeOrder:
        """Return a pocket's order by uuid or, without one, by identifier.

        Raises:
            ExchangeError: invalid_parameter without either, order_not_found.
        """
        if uuid is None and identifier is None:
            raise ExchangeError("invalid_parameter")
        if uuid is None:
            uuid = self._by_identifier.get((pocket_uuid, identifier or ""))
        order = self._by_uuid.get(uuid or "")
        if order is None or order.pocket_uuid != pocket_uuid:
            raise ExchangeError("order_not_found")
        return order

    def find_all(
        self, pocket_uuid: str, uuids: Iterable[str], identifiers: Iterable[str]
    ) -> list[ExchangeOrder]:
        """Return those of the named orders that exist, once each."""
        names = [*uuids]
        names += [self._by_identifier.get((pocket_uuid, text), "") for text in identifiers]
        found = (self._by_uuid.get(name) for name in dict.fromkeys(names))
        return [order for order in found if order and order.pocket_uuid == pocket_uuid]

    def open_orders(self, pocket_uuid: str) -> list[ExchangeOrder]:
        """Return a pocket's waiting orders, oldest first."""
        ended = [uuid for uuid, order in self._open.items() if not order.is_open]
        for uuid in ended:
            del self._open[uuid]
        return [order for order in self._open.values() if order.pocket_uuid == pocket_uuid]

    def created_between(
        self, pocket_uuid: str, since_ms: int, until_ms: int
    ) -> Sequence[ExchangeOrder]:
        """Return a pocket's orders created in [since, until], oldest first."""
        orders = self._by_pocket.get(pocket_uuid, [])
        first = bisect_left(orders, since_ms, key=_created_ms)
        last = bisect_right(orders, until_ms, key=_created_ms)
        return orders[first:last]

    def in_states(self, pocket_uuid: str, states: Collection[OrderState]) -> list[ExchangeOrder]:
        """Return a pocket's orders in one of the states, oldest first."""
        orders = self._by_pocket.get(pocket_uuid, [])
        return [order for order in orders if order.state in states]


def _created_ms(order: ExchangeOrder) -> int:
    return order.created_ms

"""Account events on their way to the private sockets, and what can go wrong on that way."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from upbit_auto_trading.simulator.account.auth import ApiKey

AccountListener = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class EventTrouble:
    """How events are spoilt.

    Every `missing_every`-th is lost (0: none); each is sent `copies` times, `late_ms` after it
    happened.
    """

    late_ms: int = 0
    copies: int = 1
    missing_every: int = 0


class AccountEvents:
    """Hands `myOrder` and `myAsset` frames to the sockets of a pocket's keys, in order.

    Frames are DEFAULT-format dicts whose amounts are `Decimal`: written as JSON numbers, they keep
    every digit.
    """

    def __init__(self, keys: Iterable[ApiKey]) -> None:
        self._pockets = {key.access_key: key.pocket_uuid for key in keys}
        self._listeners: dict[str, list[AccountListener]] = {}
        self._late: deque[tuple[int, str, dict[str, Any]]] = deque()
        self._count = 0
        self.trouble = EventTrouble()

    def subscribe(self, access_key: str, listener: AccountListener) -> Callable[[], None]:
        """Send the events of the key's pocket to `listener` until the returned call."""
        pocket_uuid = self._pockets[access_key]
        listeners = self._listeners.setdefault(pocket_uuid, [])
        listeners.append(listener)

        def unsubscribe() -> None:
            if listener in listeners:
                listeners.remove(listener)

        return unsubscribe

    def publish(self, pocket_uuid: str, event: Mapping[str, Any], now_ms: int) -> None:
        """Send one event, as the trouble in force has it."""
        self._count += 1
        every = self.trouble.missing_every
        if every and self._count % every == 0:
            return
        for _ in range(self.trouble.copies):
            if self.trouble.late_ms or self._late:
                last_ms = self._late[-1][0] if self._late else now_ms
                due_ms = max(now_ms + self.trouble.late_ms, last_ms)
                self._late.append((due_ms, pocket_uuid, dict(event)))
            else:
                self._hand_out(pocket_uuid, dict(event))

    def deliver_due(self, now_ms: int) -> None:
        """Send the events whose delay has passed."""
        while self._late and self._late[0][0] <= now_ms:
            _, pocket_uuid, event = self._late.popleft()
            self._hand_out(pocket_uuid, event)

    def next_due_ms(self) -> int | None:
        """Return when the next delayed event is due, None without any."""
        return self._late[0][0] if self._late else None

    def _hand_out(self, pocket_uuid: str, event: dict[str, Any]) -> None:
        for listener in tuple(self._listeners.get(pocket_uuid, ())):
            listener(event)

"""At most two public sockets: one active, one standing by, connected and pinged but silent.

When the active one goes, the standby takes its place at once, and one request frame makes it
live; the lost one reconnects and stands by. A planned handover breaks the old connection only
after the new one delivers.
"""

import itertools
from collections.abc import Callable

from upbit_auto_trading.domain.subscription import ConnectionState
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
from upbit_auto_trading.infrastructure.upbit.reconnect import LossCause
from upbit_auto_trading.infrastructure.upbit.websocket_client import (
    ConnectionChange,
    WebSocketClient,
)


class SocketPair:
    """`on_active(change)` is told of every change of what can carry data.

    A promotion is told as the loss of the old connection followed by CONNECTED with the epoch
    of the new one. `on_standby(change)` is for the record only.
    """

    def __init__(
        self,
        url: str,
        on_frame: Callable[[bytes, int], None],
        on_active: Callable[[ConnectionChange], None],
        on_standby: Callable[[ConnectionChange], None],
        policy: Policy,
        blocked_s: Callable[[], float],
    ) -> None:
        epochs = itertools.count(1)
        self._on_active = on_active
        self._on_standby = on_standby
        self._clock = policy.clock
        self._has_standby = policy.standby
        self._standby_started = False
        self._handed_over: WebSocketClient | None = None
        self.promotions = 0

        def client(index: int) -> WebSocketClient:
            return WebSocketClient(
                url,
                on_frame,
                lambda change: self._changed(index, change),
                timings=policy.timings,
                clock=policy.clock,
                next_epoch=epochs.__next__,
                blocked_s=blocked_s,
                ca_file=policy.ca_file,
            )

        self._clients = [client(0), client(1)]
        self._active = 0

    @property
    def active(self) -> WebSocketClient:
        """The socket that carries, or will carry, the subscription."""
        return self._clients[self._active]

    @property
    def standby(self) -> WebSocketClient:
        """The other one."""
        return self._clients[1 - self._active]

    @property
    def connects(self) -> int:
        """How often a connection came about, both sockets together."""
        return sum(client.connects for client in self._clients)

    @property
    def state(self) -> ConnectionState:
        """What can be done now; never CONNECTED while no frame could arrive."""
        state = self.active.state
        if state is ConnectionState.CONNECTED and not self.active.usable:
            return ConnectionState.RECONNECTING
        return state

    def start(self) -> None:
        """Connect the active socket; the standby follows once that has succeeded."""
        self.active.start()

    async def close(self) -> None:
        """End both. Harmless when repeated."""
        self._has_standby = False
        for client in self._clients:
            await client.close()

    def retry_now(self) -> None:
        """Cut waits before the next attempts short."""
        for client in self._clients:
            client.retry_now()

    def begin_handover(self) -> bool:
        """Make the standby active while the old one goes on delivering; False without one."""
        if not self.standby.usable or self._handed_over is not None:
            return False
        self._handed_over = self.active
        self._promote(LossCause.REPLACED)
        return True

    def end_handover(self) -> None:
        """Break the old connection; it reconnects and stands by."""
        if self._handed_over is not None:
            old, self._handed_over = self._handed_over, None
            old.drop(LossCause.REPLACED)

    @property
    def is_handing_over(self) -> bool:
        """Whether the old connection of a handover still delivers."""
        return self._handed_over is not None

    def _changed(self, index: int, change: ConnectionChange) -> None:
        if index != self._active:
            self._on_standby(change)
            if change.state is ConnectionState.CONNECTED and not self.active.usable:
                self._promote(None)
            return
        if change.state is ConnectionState.CONNECTED:
            self._on_active(change)
            if self._has_standby and not self._standby_started:
                self._standby_started = True
                self.standby.start()
            return
        is_lost = change.state is ConnectionState.RECONNECTING
        if is_lost and self._has_standby and self.standby.usable:
            self._promote(change.cause, change.close_code)
        else:
            self._on_active(change)

    def _promote(self, cause: LossCause | None, close_code: int | None = None) -> None:
        now = self._clock.monotonic()
        lost = self.active.epoch
        self._active = 1 - self._active
        self.promotions += 1
        self._on_active(
            ConnectionChange(ConnectionState.RECONNECTING, lost, now, cause, close_code)
        )
        self._on_active(ConnectionChange(ConnectionState.CONNECTED, self.active.epoch, now))

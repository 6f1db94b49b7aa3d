"""One public socket that stays connected: its own reconnect loop, pings and truthful state."""

import asyncio
import random
import ssl
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final, NoReturn

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
    WebSocketException,
)
from websockets.frames import Frame, Opcode
from websockets.protocol import Event, State

from upbit_auto_trading.domain.failure import NotConnectedError
from upbit_auto_trading.domain.subscription import ConnectionState
from upbit_auto_trading.infrastructure.clock import SYSTEM_CLOCK, Clock
from upbit_auto_trading.infrastructure.upbit.reconnect import (
    LossCause,
    ReconnectPlan,
    cause_of_detail,
    cause_of_status,
)
from upbit_auto_trading.infrastructure.upbit.rest_failures import transport_detail
from upbit_auto_trading.infrastructure.upbit.timings import Timings
from upbit_auto_trading.tasks import TaskOwner

LARGEST_FRAME: Final = 2**20
_TOO_LARGE: Final = 1009
_DATA: Final = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


class _DirectConnection(ClientConnection):
    """Hands whole data frames on as the bytes are read, without a queue in between.

    What one read of the socket brings is handled in one turn of the loop, so back-pressure is
    TCP's and an arrival time is the time of arrival. Fragmented messages, which Upbit doesn't
    send, take the library's way through `recv`.
    """

    on_message: Callable[[bytes], None] | None = None
    _in_fragments = False

    def process_event(self, event: Event) -> None:
        if isinstance(event, Frame) and event.opcode in _DATA and self.on_message is not None:
            if event.fin and not self._in_fragments and event.opcode is not Opcode.CONT:
                self.on_message(bytes(event.data))
                return
            self._in_fragments = not event.fin
        super().process_event(event)


@dataclass(frozen=True, slots=True)
class ConnectionChange:
    """The socket's state changed. `close_code` is the server's, None without one."""

    state: ConnectionState
    epoch: int
    at: float
    cause: LossCause | None = None
    close_code: int | None = None


class WebSocketClient:
    """Keeps one connection to Upbit's public endpoint.

    `on_frame(data, epoch)` gets every data frame, `on_change` every change of state, both on
    the loop. Connection epochs come from `next_epoch`, which several clients may share.
    """

    def __init__(  # noqa: PLR0913 - what tests and two sockets of one pair set apart
        self,
        url: str,
        on_frame: Callable[[bytes, int], None],
        on_change: Callable[[ConnectionChange], None],
        *,
        timings: Timings | None = None,
        clock: Clock = SYSTEM_CLOCK,
        next_epoch: Callable[[], int] | None = None,
        blocked_s: Callable[[], float] = lambda: 0.0,
        source: random.Random | None = None,
        ca_file: Path | None = None,
    ) -> None:
        self.url = url
        self.state = ConnectionState.DISCONNECTED
        self.epoch = 0
        self.rtt_s: float | None = None
        self.cause: LossCause | None = None
        self.connects = 0
        self._on_frame = on_frame
        self._on_change = on_change
        self._timings = timings or Timings()
        self._clock = clock
        self._next_epoch = next_epoch or count(1).__next__
        self._blocked_s = blocked_s
        self._plan = ReconnectPlan(self._timings, source or random.Random())
        is_tls = urllib.parse.urlsplit(url).scheme == "wss"
        self._trusted = ssl.create_default_context(cafile=ca_file) if is_tls else None
        self._tasks = TaskOwner("upbit-socket")
        self._connection: ClientConnection | None = None
        self._dropped_because: LossCause | None = None
        self._hurry = asyncio.Event()

    @property
    def usable(self) -> bool:
        """Whether a message sent now would go out: asked of the socket itself, not of a flag."""
        connection = self._connection
        return (
            connection is not None
            and connection.state is State.OPEN
            and not connection.transport.is_closing()
        )

    def start(self) -> None:
        """Begin to connect."""
        self._tasks.start(self._run(), "connection")
        self._tasks.start(self._watch_clock(), "clock")

    async def send(self, text: str) -> None:
        """Send one text message.

        Raises:
            NotConnectedError: there is no usable connection.
        """
        connection = self._connection
        if connection is None or not self.usable:
            raise NotConnectedError(self.url, "closed")
        try:
            await connection.send(text)
        except ConnectionClosed as error:
            raise NotConnectedError(self.url, "closed") from error

    def drop(self, cause: LossCause) -> None:
        """Give the present connection up at once and connect anew."""
        self._dropped_because = cause
        if self._connection is not None:
            self._connection.transport.abort()

    def retry_now(self) -> None:
        """Cut the present wait before the next attempt short."""
        self._hurry.set()

    async def close(self) -> None:
        """End the connection for good. Harmless when repeated."""
        connection = self._connection
        await self._tasks.close()
        if connection is not None:
            await self._shut(connection)
        if self.state is not ConnectionState.CLOSED:
            self._became(ConnectionState.CLOSED)

    async def _run(self) -> None:
        cause: LossCause | None = None
        code: int | None = None
        while True:
            await self._wait(cause)
            self._plan.attempted(self._clock.monotonic())
            if not self.connects:
                self._became(ConnectionState.CONNECTING, cause, code)
            cause, code = await self._connect_once()
            self._became(ConnectionState.RECONNECTING, cause, code)

    async def _connect_once(self) -> tuple[LossCause, int | None]:
        """Connect and stay until it ends; return why it ended."""
        try:
            connection = await self._open()
        except (OSError, WebSocketException, ValueError) as error:
            self._plan.failed()
            cause = _cause_of(error)
            _let_go(error)
            return cause, None
        opened = self._clock.monotonic()
        try:
            return await self._stay(connection)
        finally:
            self._connection = None
            self._plan.lost(self._clock.monotonic() - opened)
            await self._shut(connection)

    async def _open(self) -> ClientConnection:
        host = urllib.parse.urlsplit(self.url).hostname
        is_local = host in ("127.0.0.1", "localhost", "::1")
        return await connect(
            self.url,
            ssl=self._trusted,
            origin=None,
            compression=None,
            # A proxy set for the machine is for the outside, never for a server on it.
            proxy=None if is_local else True,
            open_timeout=self._timings.connect_timeout,
            ping_interval=None,
            close_timeout=self._timings.close_timeout,
            max_size=LARGEST_FRAME,
            create_connection=_DirectConnection,
        )

    async def _stay(self, connection: ClientConnection) -> tuple[LossCause, int | None]:
        self._connection = connection
        self._dropped_because = None
        self.epoch = self._next_epoch()
        self.connects += 1
        self._became(ConnectionState.CONNECTED)
        pings = self._tasks.start(self._keep_alive(connection), "pings")
        try:
            await self._receive(connection, self.epoch)
        except ConnectionClosed as error:
            closed_with = connection.close_code
            code = None if closed_with is None else int(closed_with)
            if self._dropped_because is not None:
                return self._dropped_because, code
            if error.sent is not None and error.sent.code == _TOO_LARGE:
                return LossCause.FRAME_TOO_LARGE, code
            if code in (None, 1006):
                return LossCause.RESET, code
            return LossCause.CLOSED_BY_SERVER, code
        finally:
            pings.cancel()

    async def _receive(self, connection: ClientConnection, epoch: int) -> NoReturn:
        on_frame = self._on_frame
        if isinstance(connection, _DirectConnection):
            connection.on_message = lambda data: on_frame(data, epoch)
        while True:
            on_frame(await connection.recv(decode=False), epoch)

    async def _keep_alive(self, connection: ClientConnection) -> None:
        while True:
            started = self._clock.monotonic()
            try:
                pong = await connection.ping()
                async with asyncio.timeout(self._timings.pong_timeout):
                    await pong
            except TimeoutError:
                self.drop(LossCause.PONG_MISSING)
                return
            except ConnectionClosed:
                return
            self.rtt_s = self._clock.monotonic() - started
            await asyncio.sleep(self._timings.ping_interval)

    async def _watch_clock(self) -> None:
        """After a sleep of the machine no socket can be trusted: connect anew at once."""
        step = min(0.5, self._timings.clock_jump / 5)
        wall, mono = self._clock.wall(), self._clock.monotonic()
        while True:
            await asyncio.sleep(step)
            wall_now, mono_now = self._clock.wall(), self._clock.monotonic()
            slept = (wall_now - wall) - self._clock.rate * (mono_now - mono)
            if slept > self._clock.rate * self._timings.clock_jump:
                self._plan.attempts = 0
                self.drop(LossCause.CLOCK_JUMP)
                self.retry_now()
            wall, mono = wall_now, mono_now

    async def _wait(self, cause: LossCause | None) -> None:
        delay = self._plan.delay(cause, self._clock.monotonic(), self._blocked_s())
        self._hurry.clear()
        if delay <= 0:
            return
        try:
            async with asyncio.timeout(delay):
                await self._hurry.wait()
        except TimeoutError:
            return
        blocked = self._blocked_s()
        if blocked > 0:  # haste never overrides a block by Upbit
            await asyncio.sleep(blocked)

    async def _shut(self, connection: ClientConnection) -> None:
        try:
            async with asyncio.timeout(2 * self._timings.close_timeout):
                await connection.close()
        except TimeoutError:
            connection.transport.abort()

    def _became(
        self, state: ConnectionState, cause: LossCause | None = None, code: int | None = None
    ) -> None:
        self.state = state
        self.cause = cause
        self._on_change(ConnectionChange(state, self.epoch, self._clock.monotonic(), cause, code))


def _cause_of(error: BaseException) -> LossCause:
    if isinstance(error, InvalidStatus):
        return cause_of_status(error.response.status_code)
    if isinstance(error, InvalidURI):
        return LossCause.BAD_ADDRESS
    if isinstance(error, TimeoutError):
        return LossCause.TIMEOUT
    cause = cause_of_detail(transport_detail(error))
    if cause is LossCause.UNREACHABLE and isinstance(error, InvalidHandshake):
        # No HTTP answer of the kind: an interrupted handshake ends here too.
        return LossCause.RESET if isinstance(error.__cause__, EOFError) else LossCause.NOT_UPBIT
    return cause


def _let_go(error: BaseException | None) -> None:
    """Part a failure from its frames: they hold the connection it ended, which holds the failure.

    Such rings stay for many minutes, with all their buffers.
    """
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__

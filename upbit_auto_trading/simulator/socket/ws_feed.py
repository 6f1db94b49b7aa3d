"""What stands behind a WebSocket endpoint: who gets what once the grammar is understood."""

from collections.abc import Sequence
from typing import Any, Protocol

from upbit_auto_trading.simulator.socket.ws_frame import Frame
from upbit_auto_trading.simulator.socket.ws_request import Subscribe
from upbit_auto_trading.simulator.wire.ws_stream import Format


class FeedSession(Protocol):
    """The connection as a feed sees it."""

    @property
    def number(self) -> int: ...
    @property
    def format(self) -> Format: ...
    @property
    def backlog(self) -> int: ...
    @property
    def is_open(self) -> bool: ...
    def queue(self, frame: Frame) -> None: ...
    def flush(self) -> None: ...


class Feed(Protocol):
    """The streams one connection of an endpoint can have."""

    def replace(self, request: Subscribe) -> None:
        """Make `request` the whole subscription.

        Raises:
            StreamRequestError: refused; the subscription may be left as it was.
        """
        ...

    def describe(self) -> Sequence[dict[str, Any]]:
        """Return the subscription as LIST_SUBSCRIPTIONS tells it, in full spelling."""
        ...

    def close(self) -> None:
        """Give everything back. Harmless when repeated."""
        ...

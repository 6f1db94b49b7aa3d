"""What a change of subscription was, and what state a connection is in."""

from dataclasses import dataclass, field
from enum import StrEnum

from upbit_auto_trading.domain.stream import Stream


class SwapKind(StrEnum):
    """How a subscription was changed.

    NONE: already covered. SMART: same channels, other markets. FULL: anything else on the
    same socket. RECONNECT: a new socket was needed. Averages leave NONE out.
    """

    NONE = "none"
    SMART = "smart"
    FULL = "full"
    RECONNECT = "reconnect"


@dataclass(frozen=True, slots=True)
class SwapRecord:
    """One change of subscription, measured.

    `first_ms` runs from the request to the first frame of a stream that was added,
    `complete_ms` until every added stream has sent one; both are None while that hasn't
    happened (and 0.0 for NONE). Frames of streams already live never end a swap. `own_ms` is
    how much of it passed before the request left, None where none was needed or could go.
    """

    kind: SwapKind
    added: frozenset[Stream]
    removed: frozenset[Stream]
    requested_at: float
    first_ms: float | None
    complete_ms: float | None
    silent: frozenset[Stream] = field(default_factory=frozenset)
    own_ms: float | None = None

    @property
    def duration_ms(self) -> float | None:
        """The swap's duration: `first_ms`."""
        return self.first_ms


class ConnectionState(StrEnum):
    """What the public socket can do right now. Only CONNECTED carries data."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    CLOSED = "closed"


class StreamState(StrEnum):
    """How far a held stream is.

    HELD: wanted by a caller, not yet requested. SENT: requested, nothing received yet. LIVE:
    delivering. QUIET: silent, and REST confirmed that there is nothing to deliver. STALLED:
    silent although there is something. DOWN: the connection that carried it is gone.
    """

    HELD = "held"
    SENT = "sent"
    LIVE = "live"
    QUIET = "quiet"
    STALLED = "stalled"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class StreamHealth:
    """Whether one stream can be trusted now.

    `age_s` counts from the arrival of its last value, None before the first. `complete` is
    false while a gap in it isn't closed yet.
    """

    state: StreamState
    age_s: float | None
    complete: bool

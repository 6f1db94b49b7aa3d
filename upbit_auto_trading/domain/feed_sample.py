"""What the market data feed measured, at one moment: the values that metrics are made of.

Counters run from the start of the feed; whoever wants a rate takes the difference of two
samples. Durations are counted in buckets: the middle of a bucket in ms, and how many fell in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from upbit_auto_trading.domain.subscription import ConnectionState, StreamState, SwapKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_auto_trading.domain.stream import Stream
    from upbit_auto_trading.domain.subscription import SwapRecord

    Buckets = Mapping[float, int]


@dataclass(frozen=True, slots=True)
class StreamCounts:
    """Streams by how far they are. `fresh` of `judged` had a value within their limit."""

    held: int = 0
    wanted: int = 0
    sent: int = 0
    live: int = 0
    quiet: int = 0
    waiting: int = 0
    stalled: int = 0
    down: int = 0
    incomplete: int = 0
    fresh: int = 0
    judged: int = 0


@dataclass(frozen=True, slots=True)
class StreamAge:
    """How long a stream has been silent (s), what is usual for it, and when that is too long.

    `usual_s` and `limit_s` are None while its rhythm isn't known or it is a quiet one.
    """

    stream: Stream
    state: StreamState
    age_s: float | None
    usual_s: float | None = None
    limit_s: float | None = None


@dataclass(frozen=True, slots=True)
class KindCount:
    """Changes of subscription of one kind, and how many delivered everything."""

    count: int = 0
    succeeded: int = 0


@dataclass(frozen=True, slots=True)
class RequestBudget:
    """One REST group this second: `used` of `limit`, of which `allowed` are ours at present.

    `refused` counts HTTP 429 since the start.
    """

    group: str
    used: int
    limit: int
    allowed: int
    remaining: int | None = None
    refused: int = 0


@dataclass(frozen=True, slots=True)
class MessageBudgetUse:
    """The active socket's messages in the last second and minute, and how many are allowed."""

    used_second: int = 0
    per_second: int = 5
    used_minute: int = 0
    per_minute: int = 100


@dataclass(frozen=True, slots=True)
class GuessedMarket:
    """A market that was subscribed ahead: `hits` of `guesses` were opened by the user.

    `rank` is its place among the guesses held now, None while it isn't held.
    """

    market: str
    guesses: int
    hits: int
    saved_ms: float
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class GuessFigures:
    """What subscribing ahead brought. `recent_rate` is the share of right ones of late."""

    made: int = 0
    hits: int = 0
    wasted: int = 0
    saved_ms: float = 0.0
    recent_rate: float | None = None
    judged: int = 0
    is_off: bool = False
    by_market: tuple[GuessedMarket, ...] = ()


@dataclass(frozen=True, slots=True)
class GapCounts:
    """Ranges that were missing: found, closed, beyond what can be had any more, and open now."""

    found: int = 0
    filled: int = 0
    unfillable: int = 0
    open: int = 0


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """Something that happened: its number, wall-clock seconds, a code and its facts."""

    serial: int
    at: float
    what: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FeedSample:
    """Everything measured that changes from second to second. `at` is wall-clock seconds.

    `differing_for_s` is how long what is sent hasn't been what is wanted; `listing_agreed` what
    Upbit's own list of the subscription said last, at `listed_at`. `newest_swaps` are the newest
    of `swap_count` changes, oldest first; `banned_for_s` is how long Upbit still blocks us.
    """

    at: float
    connection: ConnectionState = ConnectionState.CONNECTED
    standby: ConnectionState = ConnectionState.DISCONNECTED
    sockets: int = 0
    epoch: int = 0
    rtt_ms: float | None = None
    clock_offset_ms: float | None = None
    streams: StreamCounts = StreamCounts()
    differing_for_s: float = 0.0
    listed_at: float | None = None
    listing_agreed: bool | None = None
    oldest: StreamAge | None = None
    received: int = 0
    delivered: int = 0
    duplicates: int = 0
    dropped: int = 0
    malformed: int = 0
    reconnects: int = 0
    swaps: Mapping[SwapKind, KindCount] = field(default_factory=dict)
    swap_count: int = 0
    newest_swaps: tuple[SwapRecord, ...] = ()
    latency_ms: Buckets = field(default_factory=dict)
    loop_lag_ms: Buckets = field(default_factory=dict)
    decision_ms: Buckets = field(default_factory=dict)
    reaction_ms: Buckets = field(default_factory=dict)
    decisions: Mapping[str, int] = field(default_factory=dict)
    requests: Mapping[str, int] = field(default_factory=dict)
    fallbacks: Mapping[str, int] = field(default_factory=dict)
    degradations: Mapping[str, int] = field(default_factory=dict)
    caches: Mapping[str, int] = field(default_factory=dict)
    budgets: tuple[RequestBudget, ...] = ()
    messages: MessageBudgetUse = MessageBudgetUse()
    banned_for_s: float = 0.0
    guesses: GuessFigures = GuessFigures()
    gaps: GapCounts = GapCounts()
    events: tuple[FeedEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One stream somebody holds: who, the most urgent first, how far it is, its frames."""

    stream: Stream
    holders: tuple[str, ...]
    is_wanted: bool
    is_sent: bool
    is_live: bool
    age: StreamAge
    received: int
    is_complete: bool

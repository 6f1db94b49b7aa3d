"""What callers hold, made what Upbit sends. Sans-I/O."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import SwapKind
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
from upbit_auto_trading.infrastructure.upbit.rate_limit import MessageBudget

NOTHING: frozenset[Stream] = frozenset()


@dataclass(slots=True)
class _Sent:
    """A stream as requested of Upbit over the present connection; `at` is the newest request."""

    at: float
    first_at: float
    is_live: bool = False
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """One request frame to send: the whole set, what is new in it, and what it is."""

    streams: frozenset[Stream]
    added: frozenset[Stream]
    kind: SwapKind


@dataclass(slots=True)
class ManagerCounters:
    """What the manager did, for the metrics."""

    requests: int = 0
    coalesced: int = 0
    repeated: int = 0
    by_kind: dict[SwapKind, int] = field(default_factory=dict)


class SubscriptionManager:
    """Keeps the exchange's subscription equal to what callers hold.

    Sans-I/O: send the set `pending` returns, then `mark_sent` it. A request replaces the
    connection's whole subscription, so the unit is the full set, never a delta. Additions are
    due at once; a mere release waits `release_linger`, so that a caller who closes one
    subscription and opens the next costs one frame.
    """

    def __init__(self, policy: Policy | None = None) -> None:
        policy = policy or Policy()
        self._timings = policy.timings
        self._limits = policy.message_limits
        self._budget = MessageBudget(self._limits)
        self._holders: dict[str, frozenset[Stream]] = {}
        self._priorities: dict[str, int] = {}
        self._held = NOTHING
        self._refused: set[Stream] = set()
        self._isolated: frozenset[Stream] = NOTHING
        self._suspended: frozenset[str] = frozenset()
        self._sent: dict[Stream, _Sent] = {}
        self._sent_set = NOTHING
        self._changed_at: float | None = None
        self._resend = False
        self._requested_at = float("-inf")
        self.counters = ManagerCounters()

    # What callers want

    def hold(
        self, *streams: Stream, holder: str = "caller", priority: int = 5, now: float = 0.0
    ) -> None:
        """Make `streams` everything that `holder` holds; lower `priority` numbers go first."""
        self._holders[holder] = frozenset(streams)
        self._priorities[holder] = priority
        self._merge(now)

    def release(self, holder: str, *, now: float = 0.0) -> None:
        """Let go of everything `holder` holds. Harmless when repeated."""
        if self._holders.pop(holder, None) is not None:
            self._priorities.pop(holder, None)
            self._merge(now)

    def refuse(self, streams: Iterable[Stream]) -> None:
        """Keep `streams` out of every request: Upbit doesn't have them."""
        self._refused.update(streams)

    def allow(self, streams: Iterable[Stream]) -> None:
        """Let refused streams into requests again."""
        self._refused.difference_update(streams)

    def isolate(self, streams: frozenset[Stream]) -> None:
        """Leave out exactly these streams for a while: Upbit has them, and rejects them."""
        self._isolated = streams

    def suspend(self, channels: frozenset[str]) -> None:
        """Leave out exactly these channels, whoever holds streams of them."""
        self._suspended = channels

    @property
    def held(self) -> frozenset[Stream]:
        """Everything somebody holds."""
        return self._held

    @property
    def wanted(self) -> frozenset[Stream]:
        """What the connection should be subscribed to."""
        wanted = self._held
        if self._refused or self._isolated:
            wanted = wanted - self._refused - self._isolated
        if self._suspended:
            return frozenset(s for s in wanted if s.channel not in self._suspended)
        return wanted

    @property
    def refused(self) -> frozenset[Stream]:
        """Held streams that Upbit doesn't have."""
        return self._held & self._refused

    @property
    def isolated(self) -> frozenset[Stream]:
        """Held streams that are left out because Upbit rejects them at present."""
        return self._held & self._isolated if self._isolated else NOTHING

    def holders_by_urgency(self) -> list[tuple[str, frozenset[Stream]]]:
        """Return every holder with what it holds, the most urgent first."""
        names = sorted(self._holders, key=lambda name: (self._priorities[name], name))
        return [(name, self._holders[name]) for name in names]

    def most_urgent(self, streams: Iterable[Stream]) -> list[Stream]:
        """Return those of `streams` with the most urgent priority, in order."""
        priorities = {stream: self.priority_of(stream) for stream in streams}
        best = min(priorities.values(), default=0)
        return sorted(stream for stream, priority in priorities.items() if priority == best)

    def priority_of(self, stream: Stream) -> int:
        """Return the most urgent priority anybody holds `stream` with."""
        return min(
            (self._priorities[name] for name, held in self._holders.items() if stream in held),
            default=9,
        )

    # What Upbit was asked for

    @property
    def sent(self) -> frozenset[Stream]:
        """What was last requested over the present connection."""
        return self._sent_set

    @property
    def requested_at(self) -> float:
        """When the present connection's newest request was sent; minus infinity before one."""
        return self._requested_at

    def is_sent(self, stream: Stream) -> bool:
        """Whether `stream` is part of the present connection's subscription."""
        return stream in self._sent

    def is_live(self, stream: Stream) -> bool:
        """Whether `stream` delivered since it was requested over the present connection."""
        sent = self._sent.get(stream)
        return sent is not None and sent.is_live

    def sent_at(self, stream: Stream) -> float | None:
        """When `stream` was requested last over the present connection."""
        sent = self._sent.get(stream)
        return None if sent is None else sent.at

    def waiting_since(self, stream: Stream) -> float | None:
        """Since when `stream` is asked for in vain over this connection; None if it isn't."""
        sent = self._sent.get(stream)
        return None if sent is None or sent.is_live else sent.first_at

    def pending(self, now: float) -> frozenset[Stream] | None:
        """Return the full set to request, or None when Upbit is up to date or must wait."""
        due = self.due_at(now)
        return self.wanted if due is not None and due <= now else None

    def due_at(self, now: float) -> float | None:
        """Return when the next request may go; None when Upbit is up to date."""
        wanted = self.wanted
        if wanted == self._sent_set and not self._resend:
            return None
        due = now
        if not self._resend and wanted < self._sent_set and self._changed_at is not None:
            due = max(now, self._changed_at + self._timings.release_linger)
        return max(due, self._budget.ready_at(now))

    def request_for(self, streams: frozenset[Stream]) -> Request:
        """Describe the request frame that would replace the sent set by `streams`."""
        before = self._sent_set
        added = streams - before
        if not before:
            kind = SwapKind.FULL
        elif {s.channel for s in streams} == {s.channel for s in before}:
            kind = SwapKind.SMART
        else:
            kind = SwapKind.FULL
        return Request(streams, added, kind)

    def mark_sent(self, streams: frozenset[Stream], now: float) -> None:
        """Note that `streams` was requested as the whole subscription."""
        self._budget.spend(now)
        self.counters.requests += 1
        kept = self._sent
        self._sent = {stream: kept.get(stream) or _Sent(now, now) for stream in streams}
        for stream, sent in self._sent.items():
            if not sent.is_live and stream in kept:
                sent.repeats += 1
                sent.at = now
        self._sent_set = streams
        self._requested_at = now
        self._changed_at = None
        self._resend = False

    def spend_message(self, now: float) -> None:
        """Note that some other message was sent over the connection."""
        self._budget.spend(now)

    def messages_left(self, now: float) -> int:
        """Return how many of the connection's messages this minute are left."""
        return self._budget.left(now)

    def messages_used(self, now: float) -> tuple[int, int]:
        """Return how many messages the connection's last second and minute took."""
        return self._budget.used(now)

    def message_ready_at(self, now: float) -> float:
        """Return when another message may go over the connection."""
        return self._budget.ready_at(now)

    # What happens on the connection

    def connection_lost(self) -> None:
        """Forget what was sent: a new connection knows nothing of it."""
        self._sent = {}
        self._sent_set = NOTHING
        self._budget = MessageBudget(self._limits)

    def first_frame(self, stream: Stream) -> bool:
        """Note a frame of `stream`; tell whether it is the first since it was requested."""
        sent = self._sent.get(stream)
        if sent is None or sent.is_live:
            return False
        sent.is_live = True
        return True

    def silent(self, now: float) -> dict[Stream, int]:
        """Return streams that sent nothing in time after their request, with its repeats."""
        limit = now - self._timings.first_frame_timeout
        return {
            stream: sent.repeats
            for stream, sent in self._sent.items()
            if not sent.is_live and sent.at <= limit
        }

    @property
    def silent_streams(self) -> frozenset[Stream]:
        """Requested streams that haven't delivered over the present connection yet."""
        return frozenset(stream for stream, sent in self._sent.items() if not sent.is_live)

    def repeat(self) -> None:
        """Ask for the same set again with the next request."""
        self._resend = bool(self.wanted)
        self.counters.repeated += 1

    def forgive(self, streams: Iterable[Stream]) -> None:
        """Take silent `streams` as delivering: REST proved that they have nothing to say."""
        for stream in streams:
            if (sent := self._sent.get(stream)) is not None:
                sent.is_live = True

    def _merge(self, now: float) -> None:
        before = self._held
        self._held = frozenset().union(*self._holders.values())
        if self._held == before:
            return
        if self._changed_at is not None:
            self.counters.coalesced += 1
        self._changed_at = now
        if self._refused:
            self._refused.intersection_update(self._held)
        self._isolated &= self._held

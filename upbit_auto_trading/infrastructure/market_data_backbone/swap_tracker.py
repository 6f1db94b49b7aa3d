"""Measures changes of subscription: from the request to the first frames of what was added.

Sans-I/O. Times are seconds of one monotonic clock; records carry milliseconds.
"""

from collections import deque
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import SwapKind, SwapRecord


@dataclass(eq=False, slots=True)
class Swap:
    """A change under way.

    `done` is called once with the record, or `refused` with the streams Upbit doesn't have.
    """

    added: frozenset[Stream]
    removed: frozenset[Stream]
    requested_at: float
    requested_wall: float
    done: Callable[[SwapRecord], None]
    waiting: set[Stream]
    refused: Callable[[frozenset[Stream]], None] = lambda _: None
    kind: SwapKind | None = None
    sent_at: float | None = None
    first_at: float | None = None
    is_counted: bool = True

    def record(self, silent: frozenset[Stream], completed_at: float | None) -> SwapRecord:
        """Return what was measured."""
        first = None if self.first_at is None else (self.first_at - self.requested_at) * 1000
        complete = None if completed_at is None else (completed_at - self.requested_at) * 1000
        own = None if self.sent_at is None else (self.sent_at - self.requested_at) * 1000
        return SwapRecord(
            self.kind or SwapKind.RECONNECT,
            self.added,
            self.removed,
            self.requested_wall,
            first,
            complete,
            silent,
            own,
        )


@dataclass(slots=True)
class KindFigures:
    """Swaps of one kind."""

    count: int = 0
    succeeded: int = 0
    total_ms: float = 0.0


@dataclass(slots=True)
class SwapFigures:
    """Finished swaps: counts, and the newest records."""

    by_kind: dict[SwapKind, KindFigures] = field(
        default_factory=lambda: {kind: KindFigures() for kind in SwapKind}
    )
    newest: deque[SwapRecord] = field(default_factory=lambda: deque(maxlen=200))

    def add(self, record: SwapRecord) -> None:
        """Count a finished swap."""
        figures = self.by_kind[record.kind]
        figures.count += 1
        if not record.silent:
            figures.succeeded += 1
        if record.first_ms is not None:
            figures.total_ms += record.first_ms
        self.newest.append(record)

    @property
    def last(self) -> SwapRecord | None:
        """The newest swap that changed something."""
        return next((r for r in reversed(self.newest) if r.kind is not SwapKind.NONE), None)

    def durations(self, count: int) -> list[float]:
        """Return the durations of the newest `count` measured swaps; NONE is left out."""
        measured = [
            record.first_ms
            for record in self.newest
            if record.kind is not SwapKind.NONE and record.first_ms is not None
        ]
        return measured[-count:]


class SwapTracker:
    """Follows swaps until every added stream has sent a frame or the time is over.

    `on_record` is told every counted one.
    """

    def __init__(
        self, timeout_s: float, on_record: Callable[[SwapRecord], None] = lambda _: None
    ) -> None:
        self._timeout = timeout_s
        self._on_record = on_record
        self._open: list[Swap] = []
        self._waited_for: set[Stream] = set()
        self.figures = SwapFigures()

    def begin(self, swap: Swap) -> None:
        """Follow `swap`; with nothing to wait for it is finished at once."""
        if not swap.waiting:
            swap.kind = SwapKind.NONE
            swap.first_at = swap.requested_at
            self._finish(swap, frozenset(), swap.requested_at)
            return
        self._open.append(swap)
        self._waited_for |= swap.waiting

    def sent(self, streams: frozenset[Stream], kind: SwapKind, now: float) -> None:
        """Note that `streams` was requested; every open swap it covers got its `kind`."""
        for swap in self._open:
            if swap.waiting <= streams:
                if swap.kind is not SwapKind.RECONNECT:
                    swap.kind = kind
                if swap.sent_at is None:
                    swap.sent_at = now

    def connection_lost(self) -> None:
        """Note that open swaps need a new connection."""
        for swap in self._open:
            swap.kind = SwapKind.RECONNECT

    def first_frame(self, stream: Stream, now: float) -> None:
        """Note the first frame of an added stream."""
        if stream not in self._waited_for:
            return
        self._waited_for.discard(stream)
        for swap in tuple(self._open):
            if stream not in swap.waiting:
                continue
            swap.waiting.discard(stream)
            if swap.first_at is None:
                swap.first_at = now
            if not swap.waiting:
                self._open.remove(swap)
                self._finish(swap, frozenset(), now)

    def expire(self, now: float) -> None:
        """Finish swaps whose time is over, naming the streams that stayed silent."""
        for swap in tuple(self._open):
            if now >= self._deadline(swap):
                self._open.remove(swap)
                self._finish(swap, frozenset(swap.waiting), None)
        if not self._open:
            self._waited_for.clear()

    def refuse(self, streams: AbstractSet[Stream]) -> None:
        """End swaps that added what Upbit doesn't have: nothing of them will ever come."""
        for swap in tuple(self._open):
            hopeless = swap.waiting & streams
            if hopeless:
                self._open.remove(swap)
                swap.refused(frozenset(hopeless))

    def abandon(self, swap: Swap) -> None:
        """Forget a swap nobody waits for any more."""
        if swap in self._open:
            self._open.remove(swap)

    def next_deadline(self) -> float | None:
        """Return when `expire` has something to do."""
        return min(map(self._deadline, self._open), default=None)

    def _deadline(self, swap: Swap) -> float:
        # A swap that can't be sent for lack of a connection or a message waits longer.
        if swap.sent_at is None:
            return swap.requested_at + 3 * self._timeout
        return swap.sent_at + self._timeout

    def _finish(self, swap: Swap, silent: frozenset[Stream], completed_at: float | None) -> None:
        record = swap.record(silent, completed_at)
        if swap.is_counted:
            self.figures.add(record)
            self._on_record(record)
        swap.done(record)

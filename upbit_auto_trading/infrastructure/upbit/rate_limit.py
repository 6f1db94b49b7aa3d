"""Rate limits kept by construction. Sans-I/O: times are seconds of one monotonic clock.

Two kinds of budget: the socket's messages, and Upbit's REST groups, fed by what `Remaining-Req`
reports. Each paces with a GCRA and is bounded by sliding windows. Neither does alone: a GCRA that
allows a burst lets up to burst + rate into one of Upbit's fixed seconds, and a window spends a
shared quota in one go, which is when another program's request or our own is refused.
"""

import re
from collections import deque
from dataclasses import dataclass
from typing import Final

_REMAINING: Final = re.compile(r"group=([a-z\-]+); min=([0-9]+); sec=([0-9]+)")


@dataclass(frozen=True, slots=True)
class RemainingReq:
    """Upbit's `Remaining-Req` header: requests left in the current second."""

    group: str
    second: int


def parse_remaining_req(header: str | None) -> RemainingReq | None:
    """Return what the header says; None without one or when it isn't of Upbit's form."""
    match = _REMAINING.fullmatch(header.strip()) if header else None
    return RemainingReq(match[1], int(match[3])) if match else None


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """What one socket may send.

    Upbit's own limits are `per_second` and `per_minute`. Within them `burst` messages go
    without waiting and the following ones `spacing_s` apart, so that a storm of changes ends
    with a slot for the last one instead of with a spent second. Above `busy_share` of a
    minute's messages they go `busy_spacing_s` apart. `margin_s` widens the windows against
    the network's jitter.
    """

    per_second: int = 5
    per_minute: int = 100
    second_s: float = 1.0
    minute_s: float = 60.0
    burst: int = 2
    spacing_s: float = 0.36
    busy_share: float = 0.8
    busy_spacing_s: float = 0.6
    margin_s: float = 0.02


class SlidingWindow:
    """At most `count` events in any `seconds`."""

    def __init__(self, count: int, seconds: float) -> None:
        self.count = count
        self.seconds = seconds
        self._moments: deque[float] = deque(maxlen=count)

    def ready_at(self, now: float, count: int | None = None) -> float:
        """Return the earliest moment from `now` on for one more event.

        `count` asks as if fewer were allowed.
        """
        allowed = self.count if count is None else max(1, min(count, self.count))
        if len(self._moments) < allowed:
            return now
        return max(now, self._moments[-allowed] + self.seconds)

    def add(self, now: float) -> None:
        """Note an event at `now`."""
        self._moments.append(now)

    def used(self, now: float) -> int:
        """Return how many events the window that ends at `now` holds."""
        begin = now - self.seconds
        return sum(1 for moment in self._moments if moment > begin)


class Gcra:
    """The generic cell rate algorithm: so far apart on average, so many ahead of that at most.

    Spacing and burst come with each call: they change with what is left of a budget.
    """

    def __init__(self) -> None:
        self._even = float("-inf")  # when an evenly spaced sender would send next

    def ready_at(self, spacing: float, burst: int) -> float:
        """Return the earliest moment for one more event."""
        return self._even - (burst - 1) * spacing

    def add(self, now: float, spacing: float) -> None:
        """Note an event at `now`."""
        self._even = max(self._even, now) + spacing


class MessageBudget:
    """When the next message may be sent over one connection."""

    def __init__(self, limits: MessageLimits | None = None) -> None:
        limits = limits or MessageLimits()
        self._limits = limits
        self._second = SlidingWindow(limits.per_second, limits.second_s + limits.margin_s)
        self._minute = SlidingWindow(limits.per_minute, limits.minute_s + limits.margin_s)
        self._pace = Gcra()

    def ready_at(self, now: float) -> float:
        """Return the earliest moment from `now` on at which a message may be sent."""
        return max(
            now,
            self._second.ready_at(now),
            self._minute.ready_at(now),
            self._pace.ready_at(self._spacing(now), self._limits.burst),
        )

    def spend(self, now: float) -> None:
        """Note that a message was sent at `now`."""
        self._pace.add(now, self._spacing(now))
        self._second.add(now)
        self._minute.add(now)

    def used(self, now: float) -> tuple[int, int]:
        """Return how many messages the last second and the last minute took."""
        return self._second.used(now), self._minute.used(now)

    def left(self, now: float) -> int:
        """Return how many of a minute's messages are left."""
        return self._limits.per_minute - self._minute.used(now)

    def _spacing(self, now: float) -> float:
        limits = self._limits
        busy = self._minute.used(now) > limits.busy_share * limits.per_minute
        return limits.busy_spacing_s if busy else limits.spacing_s


@dataclass(frozen=True, slots=True)
class GroupLimits:
    """How a REST group is kept.

    Upbit counts in whole seconds of its own clock, so `share` of the limit in any second (and
    `margin_s` more) keeps every way its seconds can fall; within it a burst goes at once. After a
    429 the group stops for `stop_s` and goes at `slow_factor` of its rate for `slow_s`. What others
    spend of the same quota, as the header tells, is believed for `others_s`. In both cases
    requests go evenly spaced instead, which leaves the others' their turns.
    """

    share: float = 0.9
    second_s: float = 1.0
    margin_s: float = 0.05
    stop_s: float = 1.0
    slow_s: float = 60.0
    slow_factor: float = 0.5
    others_s: float = 5.0


class GroupBudget:
    """When the next request of one REST group may be sent."""

    def __init__(self, group: str, per_second: float, limits: GroupLimits | None = None) -> None:
        limits = limits or GroupLimits()
        self.group = group
        self.banned_until = float("-inf")
        self.remaining: int | None = None
        self.limited = 0
        self._limits = limits
        self._per_second = per_second
        self._window = SlidingWindow(
            max(1, int(per_second * limits.share)), limits.second_s + limits.margin_s
        )
        self._pace = Gcra()
        self._stopped_until = float("-inf")
        self._slow_until = float("-inf")
        self._others = 0
        self._others_until = float("-inf")

    def ready_at(self, now: float) -> float:
        """Return the earliest moment from `now` on at which a request may be sent."""
        allowed = self.allowed(now)
        return max(
            self._window.ready_at(now, allowed),
            self._pace.ready_at(self._spacing(allowed), self._burst(allowed)),
            self._stopped_until,
            self.banned_until,
        )

    def allowed(self, now: float) -> int:
        """Return how many requests a second are ours at present."""
        allowed = self._window.count
        if now < self._others_until:
            allowed -= self._others
        if now < self._slow_until:
            allowed = int(allowed * self._limits.slow_factor)
        return max(1, allowed)

    @property
    def per_second(self) -> int:
        """Upbit's own limit."""
        return int(self._per_second)

    def used(self, now: float) -> int:
        """Return how many requests the last second took."""
        return self._window.used(now)

    def spend(self, now: float) -> None:
        """Note that a request was sent at `now`."""
        self._pace.add(now, self._spacing(self.allowed(now)))
        self._window.add(now)

    def answered(self, remaining: RemainingReq, now: float) -> None:
        """Take what the server says is left of its second."""
        self.remaining = remaining.second
        others = int(self._per_second) - remaining.second - self._window.used(now)
        if others > 0 and (others >= self._others or now >= self._others_until):
            self._others = others
            self._others_until = now + self._limits.others_s
        if remaining.second == 0:
            self._stopped_until = max(self._stopped_until, now + self._limits.second_s)

    def refused(self, now: float) -> None:
        """Note a 429: the group stops, then goes slower for a while."""
        self.limited += 1
        self._stopped_until = max(self._stopped_until, now + self._limits.stop_s)
        self._slow_until = now + self._limits.slow_s

    def _spacing(self, allowed: int) -> float:
        return self._limits.second_s / allowed

    def _burst(self, allowed: int) -> int:
        """Everything at once while the quota is ours alone, else one after the other."""
        return allowed if allowed == self._window.count else 1

    def banned(self, until: float) -> None:
        """Note a 418: nothing is sent before `until`."""
        self.banned_until = max(self.banned_until, until)

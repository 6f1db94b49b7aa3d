"""Upbit's rate groups: who may ask how often, and what happens to who asks more.

Sans-I/O; `now` is in seconds of the exchange's wall clock, so that fixed windows lie on its
second boundaries. An *actor* is an IP address, or a pocket for the exchange groups.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class RateGroup:
    """A budget shared by several paths.

    `limit` requests per `window_s` seconds; `min` is the constant the header shows.
    `is_bucket`: refilled continuously (exchange groups) instead of at window boundaries.
    """

    name: str
    limit: int
    window_s: float
    min: int
    is_bucket: bool = False


GROUPS: Final = {
    group.name: group
    for group in (
        RateGroup("market", 10, 1, 600),
        RateGroup("candles", 10, 1, 600),
        RateGroup("crix-trades", 10, 1, 600),
        RateGroup("ticker", 10, 1, 600),
        RateGroup("orderbook", 10, 1, 600),
        RateGroup("websocket", 5, 1, 300),
        RateGroup("origin", 1, 10, 6),
        RateGroup("default", 30, 1, 1800, is_bucket=True),
        RateGroup("order", 12, 1, 720, is_bucket=True),
        RateGroup("order-test", 8, 1, 480, is_bucket=True),
        RateGroup("order-cancel-all", 1, 2, 30, is_bucket=True),
    )
}


@dataclass(frozen=True, slots=True)
class Penalties:
    """When refusals become a block: after `refusals` within `within_s`, `first_block_s` long.

    Each further block is `growth` times as long, up to `longest_block_s`, until the actor has
    behaved for `forgiven_after_s`.
    """

    refusals: int = 20
    within_s: float = 10
    first_block_s: float = 60
    growth: float = 2
    longest_block_s: float = 3600
    forgiven_after_s: float = 600


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one request: `status` 200, 429 or 418.

    `remaining` is what is left of the window after this request; `blocked_s` how long a 418
    still lasts.
    """

    status: int
    group: RateGroup
    remaining: int
    blocked_s: float = 0

    @property
    def header(self) -> str:
        """The value of `Remaining-Req`."""
        return f"group={self.group.name}; min={self.group.min}; sec={self.remaining}"


class _Account:
    """What one actor used of one group."""

    __slots__ = ("blocked_until", "blocks", "last_block_end", "refused_at", "tokens", "window")

    def __init__(self) -> None:
        self.window = -math.inf
        self.tokens = 0.0
        self.refused_at: list[float] = []
        self.blocked_until = -math.inf
        self.blocks = 0
        self.last_block_end = -math.inf


class RateLimiter:
    """Counts requests per (actor, group) and answers with Upbit's verdicts.

    `shared` tells which share of a group another program of the same actor uses up.
    """

    def __init__(
        self,
        penalties: Penalties | None = None,
        shared: Callable[[str], float] = lambda _: 0.0,
    ) -> None:
        self._penalties = penalties or Penalties()
        self._shared = shared
        self._accounts: dict[tuple[str, str], _Account] = {}

    def admit(self, actor: str, group: RateGroup, now: float) -> Verdict:
        """Take one request of `actor` out of `group`'s budget."""
        account = self._account(actor, group)
        if now < account.blocked_until:
            return Verdict(418, group, 0, account.blocked_until - now)
        self._refill(account, group, now)
        if account.tokens >= 1:
            account.tokens -= 1
            return Verdict(200, group, int(account.tokens))
        return self._refuse(account, group, now)

    def _account(self, actor: str, group: RateGroup) -> _Account:
        return self._accounts.setdefault((actor, group.name), _Account())

    def _refill(self, account: _Account, group: RateGroup, now: float) -> None:
        limit = group.limit - int(group.limit * self._shared(group.name))
        if group.is_bucket:
            elapsed = now - account.window
            refill = elapsed * limit / group.window_s if math.isfinite(elapsed) else math.inf
            account.tokens = min(limit, account.tokens + refill)
            account.window = now
            return
        window = math.floor(now / group.window_s)
        if window != account.window:
            account.window = window
            account.tokens = limit

    def _refuse(self, account: _Account, group: RateGroup, now: float) -> Verdict:
        rules = self._penalties
        account.refused_at = [t for t in account.refused_at if now - t < rules.within_s]
        account.refused_at.append(now)
        if len(account.refused_at) < rules.refusals:
            return Verdict(429, group, 0)
        if now - account.last_block_end > rules.forgiven_after_s:
            account.blocks = 0
        length = min(rules.first_block_s * rules.growth**account.blocks, rules.longest_block_s)
        account.blocks += 1
        account.refused_at.clear()
        account.blocked_until = account.last_block_end = now + length
        return Verdict(418, group, 0, length)


class MessageBudget:
    """The message limits of one connection: 5 in a second and 100 in a minute.

    Fixed windows on the exchange's clock, as measured for the quotation groups.
    """

    def __init__(self, per_second: int = 5, per_minute: int = 100) -> None:
        self._limits = ((1.0, per_second), (60.0, per_minute))
        self._used = [(-1, 0), (-1, 0)]

    def spend(self, now: float) -> bool:
        """Count one message; return whether it was within both limits."""
        within = True
        for index, (length, limit) in enumerate(self._limits):
            window = math.floor(now / length)
            last, used = self._used[index]
            used = used + 1 if window == last else 1
            self._used[index] = (window, used)
            within = within and used <= limit
        return within

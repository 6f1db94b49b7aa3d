"""Which way a request takes: an ordered list of rules, each with a reason. Sans-I/O.

The facts are read at the moment of the decision, the connection's state from the socket
itself, so that a decision can't be older than what it is based on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Way(StrEnum):
    """The ways an answer can take."""

    LIVE = "live"
    WAIT = "wait"
    REST = "rest"
    CACHE = "cache"
    TRANSITION = "transition"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision is based on. Ages in seconds, None where there is no such value.

    `is_usable`: the socket could carry a frame right now. `is_live`: the stream delivered over
    this connection. `is_stalled`: a watchdog holds it for silent although there is something.
    `is_quarantined`: its channel was unreadable and is left out of the subscription.
    `is_awaited`: it is requested and its first frame is due. `is_changing`: a change of
    subscription is under way. `asked_age_s` is the age of REST's last answer, `kept_age_s`
    that of the newest value had by any way.
    """

    is_usable: bool = False
    is_held: bool = False
    is_live: bool = False
    is_stalled: bool = False
    is_quarantined: bool = False
    is_awaited: bool = False
    is_changing: bool = False
    only_rest_has_it: bool = False
    rest_blocked: bool = False
    asked_age_s: float | None = None
    kept_age_s: float | None = None
    fresh_s: float = 1.0
    transition_s: float = 10.0
    ttl_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Decision:
    """The way taken, the rule that decided, and the facts it saw."""

    way: Way
    reason: str
    facts: Facts


Rule = tuple[str, Way, Callable[[Facts], bool]]


def _is_doubtful(facts: Facts) -> bool:
    return facts.is_stalled or facts.is_quarantined


RULES: Final[tuple[Rule, ...]] = (
    ("only_rest_has_it", Way.REST, lambda f: f.only_rest_has_it),
    ("live", Way.LIVE, lambda f: f.is_usable and f.is_live and not _is_doubtful(f)),
    (
        "asked_just_now",
        Way.CACHE,
        lambda f: f.asked_age_s is not None and f.asked_age_s <= f.fresh_s,
    ),
    ("first_frame_due", Way.WAIT, lambda f: f.is_usable and f.is_awaited and not _is_doubtful(f)),
    (
        "subscription_changing",
        Way.TRANSITION,
        lambda f: (
            f.is_changing
            and f.rest_blocked
            and f.kept_age_s is not None
            and f.kept_age_s <= f.transition_s
        ),
    ),
    (
        "rest_blocked",
        Way.CACHE,
        lambda f: f.rest_blocked and f.kept_age_s is not None and f.kept_age_s <= f.ttl_s,
    ),
    ("quarantined", Way.REST, lambda f: f.is_usable and f.is_quarantined),
    ("stalled", Way.REST, lambda f: f.is_usable and f.is_stalled),
    ("not_connected", Way.REST, lambda f: f.is_held and not f.is_usable),
    ("not_sent_yet", Way.REST, lambda f: f.is_held),
    ("not_held", Way.REST, lambda f: True),  # noqa: ARG005 - the last rule always holds
)


def select(facts: Facts) -> Decision:
    """Return the decision of the first rule that holds."""
    for reason, way, holds in RULES:
        if holds(facts):
            return Decision(way, reason, facts)
    raise AssertionError("the last rule always holds")

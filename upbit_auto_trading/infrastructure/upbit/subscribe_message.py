"""The text frames a client sends. Sans-I/O.

A subscription frame replaces the connection's whole subscription. Upbit answers it with the
snapshots in the order of the request, so what the user waits for is named first.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from upbit_auto_trading.domain.stream import Stream


def subscription_text(streams: frozenset[Stream], ticket: str, first: Iterable[Stream] = ()) -> str:
    """Return the frame that makes `streams` the connection's whole subscription.

    `first` names the streams whose snapshots are wanted before the others'; they have type
    objects of their own ahead of the rest, Upbit takes the union of a type's objects. An empty
    set has no frame of its own at Upbit; it is the caller's to close or to leave as it is.

    Raises:
        ValueError: `streams` is empty.
    """
    if not streams:
        raise ValueError("a subscription frame needs at least one stream")
    urgent = [stream for stream in dict.fromkeys(first) if stream in streams]
    rest = sorted(streams.difference(urgent))
    return _text({"ticket": ticket}, *_types(urgent), *_types(rest), {"format": "DEFAULT"})


def silence_text(ticket: str) -> str:
    """Return the frame that ends every stream and keeps the connection.

    Upbit has no unsubscribe; one snapshot and then nothing comes nearest.
    """
    return _text(
        {"ticket": ticket},
        {"type": "ticker", "codes": ["KRW-BTC"], "is_only_snapshot": True},
        {"format": "DEFAULT"},
    )


def list_subscriptions_text(ticket: str) -> str:
    """Return the frame that asks what the connection is subscribed to.

    The format is named because the answer's format becomes that of the running streams.
    """
    return _text({"ticket": ticket}, {"method": "LIST_SUBSCRIPTIONS"}, {"format": "DEFAULT"})


def _types(streams: Iterable[Stream]) -> list[dict[str, Any]]:
    codes: dict[tuple[str, float], list[str]] = {}
    for stream in streams:
        codes.setdefault((stream.channel, stream.level), []).append(stream.market)
    return [
        {"type": channel, "codes": markets} | ({"level": _number(level)} if level else {})
        for (channel, level), markets in codes.items()
    ]


def _number(level: float) -> float:
    """Return a level as Upbit spells it: without a fraction where it has none."""
    return int(level) if level.is_integer() else level


def _text(*parts: dict[str, Any]) -> str:
    return msgspec.json.encode(parts).decode()

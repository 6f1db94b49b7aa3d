"""The public endpoint's subscription of one connection: snapshots first, then events."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

from upbit_auto_trading.simulator.fault.faults import FaultBoard
from upbit_auto_trading.simulator.market.listing_state import ListingState
from upbit_auto_trading.simulator.socket.frame_maker import REALTIME, SNAPSHOT
from upbit_auto_trading.simulator.socket.publisher import Publisher
from upbit_auto_trading.simulator.socket.ws_feed import FeedSession
from upbit_auto_trading.simulator.socket.ws_request import Subscribe, public_wants
from upbit_auto_trading.simulator.wire.number_spelling import plain
from upbit_auto_trading.simulator.wire.ws_stream import (
    CANDLE_TIMEFRAMES,
    FULL_DEPTH,
    PublicStream,
    Want,
)

_BREATH_S = 0.002


class PublicFeed:
    """Replaces the set of streams, sends each one's snapshot, then lets its events through.

    Snapshots of a long list are made a few milliseconds at a time, so that other connections
    don't wait for them.
    """

    def __init__(
        self,
        session: FeedSession,
        publisher: Publisher,
        listing: ListingState,
        faults: FaultBoard,
        snapshot_delay_s: float,
    ) -> None:
        self._session = session
        self._publisher = publisher
        self._listing = listing
        self._faults = faults
        self._delay_s = snapshot_delay_s
        self._watched: set[PublicStream] = set()
        self._wants: tuple[Want, ...] = ()
        self._opening: deque[Want] = deque()
        self._timer: asyncio.Handle | None = None

    def replace(self, request: Subscribe) -> None:
        self.close()
        self._wants = tuple(
            want for want in public_wants(request.entries) if want.stream.market in self._listing
        )
        self._opening.extend(self._wants)
        if self._delay_s:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._delay_s, self._open_some)
        else:
            self._open_some()

    def describe(self) -> Sequence[dict[str, Any]]:
        groups: dict[tuple[str, float], dict[str, Any]] = {}
        for want in self._wants:
            stream = want.stream
            group = groups.get((stream.channel, stream.level))
            if group is None:
                group = {"type": stream.channel, "codes": []}
                if stream.channel == "orderbook":
                    group["level"] = _number(stream.level)
                groups[stream.channel, stream.level] = group
            group["codes"].append(_code(stream))
        return list(groups.values())

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._opening.clear()
        for stream in self._watched:
            self._publisher.unwatch(stream, self._session)
        self._watched.clear()
        self._wants = ()

    def _open_some(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        stop_s = loop.time() + _BREATH_S
        while self._opening and self._session.is_open:
            self._open(self._opening.popleft())
            if loop.time() > stop_s:
                break
        self._session.flush()
        if self._opening and self._session.is_open:
            self._timer = loop.call_soon(self._open_some)

    def _open(self, want: Want) -> None:
        if want.stream.market not in self._listing:
            return
        if want.realtime:
            self._publisher.watch(want.stream, self._session)
            self._watched.add(want.stream)
        if not want.snapshot:
            return
        if self._faults.find("realtime_first"):
            self._publisher.send_state(want.stream, self._session, REALTIME)
        if want.stream.channel in CANDLE_TIMEFRAMES and self._faults.find("stale_snapshot"):
            self._publisher.send_stale_candle(want.stream, self._session)
        else:
            self._publisher.send_state(want.stream, self._session, SNAPSHOT)


def _code(stream: PublicStream) -> str:
    if stream.channel == "orderbook" and stream.depth != FULL_DEPTH:
        return f"{stream.market}.{stream.depth}"
    return stream.market


def _number(level: float) -> float:
    return int(level) if plain(level).isdigit() else level

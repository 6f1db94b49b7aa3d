"""Holds the streams of markets the user is expected to open next."""

import asyncio
import contextlib
import json
from collections.abc import Iterable
from pathlib import Path

from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.market_data_backbone.live_feed import LiveFeed
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
from upbit_auto_trading.infrastructure.market_data_backbone.subscription_predictor import (
    SubscriptionPredictor,
)
from upbit_auto_trading.tasks import TaskOwner

HOLDER = "prediction"
_PRIORITY = 8
_MESSAGES_KEPT = 40
"""Messages a minute that guesses never touch; they are the user's."""


class Prediction:
    """Watches what the user opens and subscribes ahead, never in the way of a real request.

    A guess is sent only after the real change has been, only with messages to spare, and it
    is given up as soon as the connection is under strain.
    """

    def __init__(self, feed: LiveFeed, policy: Policy, data_dir: Path | None) -> None:
        self.predictor = SubscriptionPredictor()
        self._feed = feed
        self._clock = policy.clock
        self._timings = policy.timings
        self._is_on = policy.predict
        self._path = None if data_dir is None else data_dir / "habits.json"
        self._channels: frozenset[str] = frozenset()
        self._tasks = TaskOwner("prediction")
        self._later: asyncio.Task[None] | None = None
        self._load()

    async def close(self) -> None:
        """Keep what was learnt. Harmless when repeated."""
        await self._tasks.close()
        if self._path is None or not self._is_on:
            return
        part = self._path.with_suffix(".part")
        with contextlib.suppress(OSError):  # habits are a comfort, not a must
            part.write_text(json.dumps(self.predictor.state()), encoding="utf-8")
            part.replace(self._path)

    def opened(self, streams: Iterable[Stream]) -> None:
        """Learn from what the chart now holds; guess once its own change is through."""
        if not self._is_on:
            return
        shown = frozenset(streams)
        markets = {stream.market for stream in shown}
        if len(markets) != 1:
            return
        self._channels = frozenset(stream.channel for stream in shown)
        newest = self._feed.swaps.figures.durations(10)
        self.predictor.opened(
            markets.pop(), self._clock.wall(), sum(newest) / len(newest) if newest else None
        )
        self._guess_later()

    def hinted(self, market: str) -> None:
        """Learn that the user is about to open `market`: the pointer rests on it."""
        if self._is_on and not self._feed.listing.unknown([market]):
            self.predictor.hinted(market, self._clock.wall())
            self._guess_later()

    def went_to(self, screen: str) -> None:
        """Learn that another screen is in front; guess what it leads to."""
        if self._is_on:
            self.predictor.went_to(screen)
            if self._channels:
                self._guess_later()

    def _guess_later(self) -> None:
        if self._later is None or self._later.done():
            self._later = self._tasks.start(self._guess(), "guess")

    async def _guess(self) -> None:
        await asyncio.sleep(self._timings.guess_delay)
        feed = self._feed
        strained = (
            not feed.usable
            or bool(feed.stalled)
            or feed.manager.messages_left(feed.now()) < _MESSAGES_KEPT
        )
        guesses = self.predictor.guesses(self._clock.wall(), strained=strained)
        unknown = feed.listing.unknown(guesses)
        streams = frozenset(
            Stream(channel, market)
            for market in guesses
            if market not in unknown
            for channel in self._channels
        )
        if streams:
            feed.hold(HOLDER, streams, _PRIORITY)
        else:
            feed.release(HOLDER)

    def _load(self) -> None:
        if self._path is None or not self._is_on:
            return
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            self.predictor.restore(json.loads(self._path.read_text(encoding="utf-8")))

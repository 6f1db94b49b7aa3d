"""Past candles: from disk where they are known, over REST where they aren't, kept for next time.

What lies on disk is only used once a page from the exchange has overlapped it and agreed: a
simulated exchange may tell another story under the same address tomorrow.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.stream import Delivery, Origin, Source
from upbit_auto_trading.domain.timeframe import Timeframe
from upbit_auto_trading.infrastructure.clock import Clock
from upbit_auto_trading.infrastructure.market_data_backbone.candle_pages import CandlePages
from upbit_auto_trading.infrastructure.persistence.candle_store import CandleStore
from upbit_auto_trading.infrastructure.persistence.database import (
    DatabaseTooNewError,
    DatabaseUnusableError,
)
from upbit_auto_trading.infrastructure.upbit.rest_client import URGENT, UpbitRestClient

T = TypeVar("T")
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Past:
    """Candles, oldest first, and how many of them came from disk."""

    candles: list[Candle]
    from_disk: int


class CandleHistory:
    """Answers history requests; in memory only when there is no folder or it can't be used."""

    def __init__(
        self,
        client: UpbitRestClient,
        clock: Clock,
        data_dir: Path | None,
        on_trouble: Callable[[str], None],
    ) -> None:
        self._client = client
        self._clock = clock
        self._path = None if data_dir is None else data_dir / "market_data.sqlite3"
        self._on_trouble = on_trouble
        self._executor: ThreadPoolExecutor | None = None
        self._store: CandleStore | None = None
        self._opened = False
        self._agreed: set[_Key] = set()

    async def close(self) -> None:
        """Close the file. Harmless when repeated."""
        if self._executor is None:
            return
        if self._store is not None:
            await self._on_disk(self._store.close)
            self._store = None
        self._executor.shutdown(wait=True)
        self._executor = None

    async def candles(
        self, market: str, timeframe: Timeframe, count: int, before_ms: int | None
    ) -> Past:
        """Return the `count` newest candles that start before `before_ms`.

        Raises:
            MarketDataError: a page can't be had.
        """
        pages = CandlePages(count, before_ms)
        from_disk = 0
        is_first = True
        while (request := pages.next_request()) is not None:
            asked, page_before_ms = request
            known = await self._known(market, timeframe, pages.missing, page_before_ms)
            if known is not None:
                rows, from_ms = known
                pages.took_known(rows, from_ms)
                from_disk += len(rows)
                continue
            page = await self._client.candles(
                market, timeframe, asked, before_ms=page_before_ms, priority=URGENT
            )
            pages.took(page)
            await self._keep(market, timeframe, page, None if is_first else page_before_ms)
            is_first = False
        return Past(pages.candles(), from_disk)

    async def _known(
        self, market: str, timeframe: Timeframe, count: int, before_ms: int | None
    ) -> tuple[list[Candle], int] | None:
        """Return candles before `before_ms` from disk and from when on they are complete."""
        if before_ms is None or (market, timeframe.code) not in self._agreed:
            return None
        origin = Origin(Source.CACHE, Delivery.SNAPSHOT, self._clock.wall())

        def read(store: CandleStore) -> tuple[list[Candle], int] | None:
            from_ms = store.covered_before(market, timeframe, before_ms)
            if from_ms is None:
                return None
            return store.newest(market, timeframe, count, from_ms, before_ms, origin), from_ms

        return await self._use(read)

    async def _keep(
        self, market: str, timeframe: Timeframe, page: list[Candle], before_ms: int | None
    ) -> None:
        """Keep what is closed of a page: all but its newest, which may still be running.

        A page that continues another reaches up to where that one begins.
        """
        if not page:
            return
        from_ms = page[0].start_ms
        to_ms = page[-1].start_ms if before_ms is None else before_ms

        def write(store: CandleStore) -> bool:
            agrees = _agrees(store, market, timeframe, page, from_ms, to_ms)
            if agrees is False:
                store.forget(market, timeframe)
            store.put(market, timeframe, page, from_ms, to_ms)
            return agrees is not None or store.is_alone(market, timeframe, from_ms)

        if await self._use(write):
            self._agreed.add((market, timeframe.code))

    async def _use(self, work: Callable[[CandleStore], T]) -> T | None:
        """Run `work` on the file's own thread; None when there is no usable file."""
        try:
            if not self._opened:
                self._opened = True
                if self._path is not None:
                    self._executor = ThreadPoolExecutor(1, thread_name_prefix="candle-store")
                    path = self._path
                    self._store = await self._on_disk(lambda: CandleStore(path))
            store = self._store
            if store is None:
                return None
            return await self._on_disk(lambda: work(store))
        except (sqlite3.Error, DatabaseUnusableError, DatabaseTooNewError) as error:
            self._on_trouble(str(error))
            return None

    async def _on_disk(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)


def _agrees(
    store: CandleStore,
    market: str,
    timeframe: Timeframe,
    page: list[Candle],
    from_ms: int,
    to_ms: int,
) -> bool | None:
    """Tell whether what is kept of `[from_ms, to_ms)` equals the page; None without overlap."""
    seen = False
    for begin, end in store.covered_within(market, timeframe, from_ms, to_ms):
        fresh = [one for one in page if begin <= one.start_ms < end]
        if not fresh:
            continue
        origin = fresh[0].origin
        kept = store.newest(market, timeframe, len(fresh) + 1, begin, end, origin)
        if kept != [replace(one, origin=origin) for one in fresh]:
            return False
        seen = True
    return True if seen else None

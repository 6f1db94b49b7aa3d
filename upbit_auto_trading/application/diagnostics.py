"""What a bundle for a report holds, and what the metrics export: plain data, nothing secret."""

from __future__ import annotations

import csv
import io
import logging
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from upbit_auto_trading import __version__
from upbit_auto_trading.application import diagnostic_texts as texts
from upbit_auto_trading.application.log_view import as_text
from upbit_auto_trading.application.metrics_history import DAY, MINUTE, TEN_MINUTES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from upbit_auto_trading.application.connection import ExchangeEndpoint
    from upbit_auto_trading.application.log_view import LogSource
    from upbit_auto_trading.application.subscription_metrics import SubscriptionMetricsService
    from upbit_auto_trading.domain.settings import Settings

_log = logging.getLogger(__name__)
_BANDS: Final = {"minute": MINUTE, "ten_minutes": TEN_MINUTES, "day": DAY}
_SETTINGS: Final = ("language", "theme", "scheme", "scale", "market", "timeframe")
"""The settings a bundle tells: an allow-list, so that nothing else ever gets in."""


class FileWriter(Protocol):
    """Writes into the data folder, redacting every text. Its methods raise `OSError`."""

    async def write_bundle(self, name: str, documents: Mapping[str, str]) -> Path:
        """Write a zip of texts by file name, and the end of the log; return its path."""
        ...

    async def write_text(self, name: str, text: str) -> Path:
        """Write one text file; return its path."""
        ...

    def versions(self) -> Mapping[str, str]:
        """Return the versions of the system and of the libraries that matter."""
        ...


class DiagnosticsService:
    """Gathers what helps to understand a trouble afterwards.

    `probe` finds out how the exchange can be reached right now, beside the running connection.
    """

    def __init__(
        self,
        endpoint: ExchangeEndpoint,
        metrics: SubscriptionMetricsService,
        log: LogSource,
        files: FileWriter,
        probe: Callable[[], Awaitable[Mapping[str, Any]]],
        settings: Callable[[], Settings],
    ) -> None:
        self._endpoint = endpoint
        self._metrics = metrics
        self._log = log
        self._files = files
        self._probe = probe
        self._settings = settings

    async def save_bundle(self, now: datetime) -> Path:
        """Write the bundle; return its path.

        Raises:
            OSError: it can't be written.
        """
        diagnosis = await self._probe()
        documents = {
            "readme.txt": texts.readme(
                now, self._endpoint.kind.value, __version__, self._metrics.readings()
            ),
            "metrics.json": texts.as_json(self._metrics.performance_metrics()),
            "history.json": texts.history_json(self.history()),
            "readings.json": texts.as_json(self.readings()),
            "streams.json": texts.rows_json(asdict(row) for row in self._metrics.rows()[0]),
            "events.json": texts.rows_json(self._events()),
            "diagnosis.json": texts.as_json(diagnosis),
            "settings.json": texts.as_json(self._told_settings()),
            "versions.json": texts.as_json(
                {
                    "program": __version__,
                    **self._files.versions(),
                    "endpoint": self._endpoint.kind.value,
                }
            ),
            "log.txt": "\n".join(as_text(line) for line in self._log.after(0)),
        }
        path = await self._files.write_bundle(f"diagnostics-{_stamp(now)}.zip", documents)
        _log.info("the diagnostics were saved: %s", path.name)
        return path

    async def export_json(self, now: datetime) -> Path:
        """Write everything measured as JSON; return the file's path.

        Raises:
            OSError: it can't be written.
        """
        document = {
            "at": now.astimezone(UTC).isoformat(),
            "metrics": self._metrics.performance_metrics(),
            "readings": self.readings(),
            "units": texts.FIGURES,
            "history": self.history(),
        }
        return await self._files.write_text(f"metrics-{_stamp(now)}.json", texts.as_json(document))

    async def export_csv(self, now: datetime) -> Path:
        """Write the last day in rows of ten minutes, and the last minute second by second.

        Raises:
            OSError: it can't be written.
        """
        text = io.StringIO()
        writer = csv.writer(text)
        heads = [f"{name} ({unit})" for name, unit in texts.FIGURES.items()]
        writer.writerow(["band", "time (UTC)", "age (s)", "step (s)", *heads])
        newest = self._metrics.newest
        at = now.timestamp() if newest is None else newest.sample.at
        for name, length in _BANDS.items():
            step, count = length
            columns = [self._series(length, figure) for figure in texts.FIGURES]
            for place in range(count):
                row = [column[place] for column in columns]
                if any(value is not None for value in row):
                    age = (count - 1 - place) * step
                    moment = datetime.fromtimestamp(at - age, UTC)
                    told = ("" if v is None else round(v, 6) for v in row)
                    writer.writerow([name, f"{moment:%Y-%m-%d %H:%M:%S}", age, step, *told])
        return await self._files.write_text(f"metrics-{_stamp(now)}.csv", text.getvalue())

    def history(self) -> dict[str, Any]:
        """Return every figure of every band, oldest first, None where nothing was measured."""
        return {
            name: {
                "step_s": length[0],
                "figures": {figure: self._series(length, figure) for figure in texts.FIGURES},
            }
            for name, length in _BANDS.items()
        }

    def readings(self) -> dict[str, Any]:
        """Return every metric's grade and figures."""
        readings = self._metrics.readings()
        if readings is None:
            return {}
        return {
            metric.value: {
                "grade": reading.grade.name.lower(),
                "values": texts.values_of(metric, reading),
                "trouble": reading.trouble.value if reading.trouble else None,
                "is_over": reading.is_over,
            }
            for metric, reading in readings.by_metric.items()
        }

    def _series(self, length: tuple[float, int], figure: str) -> list[float | None]:
        newest = self._metrics.newest
        if newest is None:
            return [None] * length[1]
        return self._metrics.history.bands[length].series(figure, newest.sample.at)

    def _events(self) -> list[dict[str, Any]]:
        newest = self._metrics.newest
        return [] if newest is None else [asdict(event) for event in newest.sample.events]

    def _told_settings(self) -> dict[str, Any]:
        settings = self._settings()
        return {name: getattr(settings, name, None) for name in _SETTINGS}


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y%m%d-%H%M%S")

"""What a bundle and the exports say."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeMarketDataFeed
from upbit_auto_trading import __version__
from upbit_auto_trading.application.connection import EndpointKind, ExchangeEndpoint
from upbit_auto_trading.application.diagnostic_texts import VALUES, values_of
from upbit_auto_trading.application.diagnostics import DiagnosticsService
from upbit_auto_trading.application.subscription_metrics import SubscriptionMetricsService
from upbit_auto_trading.domain.feed_sample import FeedEvent, FeedSample, StreamCounts
from upbit_auto_trading.domain.log_line import LogLevel, LogLine
from upbit_auto_trading.domain.settings import Settings
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import ConnectionState

NOW = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
SAMPLE = FeedSample(
    at=NOW.timestamp(),
    epoch=1,
    streams=StreamCounts(1, 1, 1, 1, fresh=1, judged=1),
    events=(FeedEvent(1, NOW.timestamp(), "connection_connected", {"epoch": 1}),),
)


@dataclass
class Files:
    """Keeps what would be written."""

    written: dict[str, Any] = field(default_factory=dict)

    async def write_bundle(self, name: str, documents: Mapping[str, str]) -> Path:
        self.written[name] = dict(documents)
        return Path(name)

    async def write_text(self, name: str, text: str) -> Path:
        self.written[name] = text
        return Path(name)

    def versions(self) -> Mapping[str, str]:
        return {"python": "3.11"}


class Log:
    last_serial = 1

    def after(self, serial: int) -> list[LogLine]:
        assert serial == 0
        return [LogLine(1, NOW.timestamp(), LogLevel.INFO, "application", "", "", "began")]


class Diagnosing:
    def __init__(self) -> None:
        self.feed = FakeMarketDataFeed(metrics={"streams": {"messages_received": 7}})
        self.feed.subscribe([Stream("trade", "KRW-BTC")], lambda _: None, holder="chart")
        self.metrics = SubscriptionMetricsService(self.feed)
        for n in range(3):
            self.feed.measured = replace(SAMPLE, at=SAMPLE.at + n, received=10 * n)
            self.metrics.sample()
        self.files = Files()
        self.service = DiagnosticsService(
            ExchangeEndpoint(EndpointKind.SIMULATOR, "http://127.0.0.1:1", "ws://127.0.0.1:1"),
            self.metrics,
            Log(),
            self.files,
            self.probe,
            lambda: Settings(market="KRW-ETH"),
        )

    async def probe(self) -> Mapping[str, Any]:
        return {"ok": False, "steps": [{"name": "dns", "ok": False}]}


@pytest.fixture
def diagnosing() -> Diagnosing:
    return Diagnosing()


async def test_a_bundle_tells_figures_events_streams_diagnosis_versions_and_log(
    diagnosing: Diagnosing,
) -> None:
    path = await diagnosing.service.save_bundle(NOW)
    assert path.name == "diagnostics-20270115-080000.zip"
    documents = diagnosing.files.written[path.name]
    assert json.loads(documents["metrics.json"]) == {"streams": {"messages_received": 7}}
    assert json.loads(documents["events.json"])[0]["what"] == "connection_connected"
    assert json.loads(documents["streams.json"])[0]["stream"]["market"] == "KRW-BTC"
    assert json.loads(documents["diagnosis.json"])["ok"] is False
    assert json.loads(documents["versions.json"]) == {
        "program": __version__,
        "python": "3.11",
        "endpoint": "simulator",
    }
    connection = json.loads(documents["readings.json"])["connection"]
    assert (connection["grade"], list(connection["values"])) == ("good", ["rtt_ms"])
    history = json.loads(documents["history.json"])
    assert history["units"]["latency_ms.p99"] == "ms"
    assert history["bands"]["minute"]["figures"]["received"][-3:] == [0.0, 10.0, 10.0]
    assert documents["log.txt"].endswith("INFO application began")


async def test_a_stranger_reads_first_what_was_wrong_and_what_every_file_is(
    diagnosing: Diagnosing,
) -> None:
    lost = replace(SAMPLE, at=SAMPLE.at + 3, connection=ConnectionState.RECONNECTING)
    diagnosing.feed.measured = lost
    diagnosing.feed.connection_state = ConnectionState.RECONNECTING
    diagnosing.metrics.sample()
    path = await diagnosing.service.save_bundle(NOW)
    documents = diagnosing.files.written[path.name]
    readme = documents["readme.txt"]
    assert "2027-01-15 08:00:00 UTC (17:00:00 KST)" in readme
    assert "bad   lost (seen in connection" in readme
    assert all(f"\n{name} " in f"\n{readme}" for name in documents if name != "readme.txt")


def test_every_figure_of_every_reading_has_a_name(diagnosing: Diagnosing) -> None:
    readings = diagnosing.metrics.readings()
    assert readings is not None
    for metric, reading in readings.by_metric.items():
        assert len(VALUES[metric]) >= len(reading.values)
        assert len(values_of(metric, reading)) == len(reading.values)


async def test_settings_are_told_by_an_allow_list(diagnosing: Diagnosing) -> None:
    path = await diagnosing.service.save_bundle(NOW)
    told = json.loads(diagnosing.files.written[path.name]["settings.json"])
    assert told["market"] == "KRW-ETH"
    assert set(told) == {"language", "theme", "scheme", "scale", "market", "timeframe"}


async def test_the_json_export_holds_every_band(diagnosing: Diagnosing) -> None:
    path = await diagnosing.service.export_json(NOW)
    document = json.loads(diagnosing.files.written[path.name])
    assert {name: band["step_s"] for name, band in document["history"].items()} == {
        "minute": 1.0,
        "ten_minutes": 10.0,
        "day": 600.0,
    }
    assert document["history"]["minute"]["figures"]["received"][-3:] == [0.0, 10.0, 10.0]
    assert document["history"]["day"]["figures"]["received"][-1] == 20.0


async def test_the_csv_export_has_a_row_for_every_bin_that_was_measured(
    diagnosing: Diagnosing,
) -> None:
    path = await diagnosing.service.export_csv(NOW)
    rows = list(csv.DictReader(io.StringIO(diagnosing.files.written[path.name])))
    seconds = [row for row in rows if row["band"] == "minute"]
    assert [float(row["age (s)"]) for row in seconds] == [2.0, 1.0, 0.0]
    assert [row["time (UTC)"][-2:] for row in seconds] == ["00", "01", "02"]
    assert [float(row["received (messages)"]) for row in seconds] == [0.0, 10.0, 10.0]
    assert {row["band"] for row in rows} == {"minute", "ten_minutes", "day"}

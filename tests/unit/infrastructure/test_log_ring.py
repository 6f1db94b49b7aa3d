"""The log's newest lines for the window: typed, bounded, and never holding a secret."""

import logging
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from upbit_auto_trading.domain.log_line import LogLevel
from upbit_auto_trading.infrastructure.log_ring import KEPT, MOST_CHARACTERS, LogRing
from upbit_auto_trading.infrastructure.logging_setup import (
    LogFile,
    configure_logging,
    log_context,
)

CANARY = "canary/secret+key=with-enough-length"
TOKEN = "eyJhbGciOiJIUzUxMiJ9.eyJhY2Nlc3Nfa2V5IjoiY2FuYXJ5In0.c2lnbmF0dXJlLW9mLWNhbmFyeQ"
FEED = logging.getLogger("upbit_auto_trading.infrastructure.upbit.websocket_client")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogFile]:
    root, package = logging.getLogger(), logging.getLogger("upbit_auto_trading")
    levels = (root.level, package.level)
    opened = configure_logging(tmp_path / "logs")
    yield opened
    opened.close()
    root.setLevel(levels[0])
    package.setLevel(levels[1])


@pytest.fixture
def ring(log: LogFile) -> LogRing:
    return log.ring


def test_a_line_has_its_parts(ring: LogRing) -> None:
    with log_context(run=7, epoch=3):
        FEED.warning("E-WS-LOST: connection %d is lost", 3)
    (line,) = ring.after(0)
    assert (line.serial, line.level) == (1, LogLevel.WARNING)
    assert line.component == "infrastructure.upbit.websocket_client"
    assert (line.code, line.text) == ("E-WS-LOST", "connection 3 is lost")
    assert line.correlation == "run=7 epoch=3"


def test_without_a_context_a_line_belongs_to_what_it_names(ring: LogRing) -> None:
    FEED.info("connection connected epoch=3 connects=2 run=7")
    assert ring.after(0)[0].correlation == "epoch=3 run=7"


def test_a_code_given_beside_the_message_counts_as_well(ring: LogRing) -> None:
    FEED.error("it broke", extra={"code": "E-X"})
    assert ring.after(0)[0].code == "E-X"


def test_only_what_came_after_is_given_and_it_is_bounded(ring: LogRing) -> None:
    for n in range(KEPT + 10):
        FEED.info("line %d", n)
    lines = ring.after(0)
    assert len(lines) == KEPT
    assert (lines[0].text, lines[-1].text) == ("line 10", f"line {KEPT + 9}")
    assert [line.text for line in ring.after(KEPT + 8)] == [f"line {KEPT + 8}", f"line {KEPT + 9}"]
    assert ring.after(ring.last_serial) == []


def test_a_storm_of_long_lines_takes_no_more_memory_than_plain_ones(ring: LogRing) -> None:
    for n in range(300):
        FEED.error("line %d\n%s", n, "x" * 30_000)
    lines = ring.after(0)
    assert sum(len(line.text) + len(line.details) for line in lines) <= MOST_CHARACTERS
    assert lines[-1].text == "line 299"
    assert lines[-1].details.startswith("xxx")
    assert len(lines) > 40
    FEED.info("short")
    assert ring.after(ring.last_serial - 1)[0].text == "short"
    for n in range(KEPT):
        FEED.info("line %d", n)
    assert len(ring.after(0)) == KEPT


def test_a_traceback_stands_in_the_details(ring: LogRing) -> None:
    try:
        raise ValueError("of the canary")
    except ValueError:
        FEED.exception("it failed")
    (line,) = ring.after(0)
    assert line.text == "it failed"
    assert "ValueError: of the canary" in line.details


def test_arguments_that_dont_fit_cost_no_line(
    ring: LogRing, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL + 1)
    ring.emit(logging.LogRecord(FEED.name, logging.INFO, "", 0, "%d and %d", (1,), None))
    assert ring.after(0)[0].text == "%d and %d"


@pytest.mark.parametrize("secret", [CANARY, TOKEN, f"Authorization: Bearer {TOKEN}"])
def test_no_secret_gets_into_a_line_by_any_way(log: LogFile, secret: str) -> None:
    log.redactor.register(CANARY)
    with log_context(key=secret):
        try:
            raise ValueError(secret)
        except ValueError:
            FEED.exception("sent %s\nand %s", secret, secret)
    (line,) = log.ring.after(0)
    told = f"{line.text} {line.details} {line.correlation} {line.code}"
    assert CANARY not in told
    assert TOKEN not in told
    assert "[redacted]" in line.text


def test_lines_of_other_threads_are_all_there(ring: LogRing) -> None:
    def write(name: int) -> None:
        for n in range(200):
            FEED.info("%d-%d", name, n)

    threads = [Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = ring.after(0)
    assert [line.serial for line in lines] == list(range(1, 801))
    assert len({line.text for line in lines}) == 800


def test_a_closed_log_takes_no_line_any_more(log: LogFile) -> None:
    log.close()
    FEED.warning("too late")
    assert log.ring.after(0) == []

import asyncio
import base64
import json
import logging
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from upbit_auto_trading.infrastructure.logging_setup import (
    LogFile,
    Redactor,
    UnwritableLogError,
    configure_logging,
    log_context,
)

CANARY = "canary/secret+key=with-enough-length"
TOKEN = "eyJhbGciOiJIUzUxMiJ9.eyJhY2Nlc3Nfa2V5IjoiY2FuYXJ5In0.c2lnbmF0dXJlLW9mLWNhbmFyeQ"
UPBIT = logging.getLogger("upbit_auto_trading.infrastructure.upbit.rest_client")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogFile]:
    root = logging.getLogger()
    package = logging.getLogger("upbit_auto_trading")
    levels = (root.level, package.level)
    opened = configure_logging(tmp_path / "logs")
    yield opened
    opened.close()
    root.setLevel(levels[0])
    package.setLevel(levels[1])


@pytest.fixture
def path(log: LogFile, tmp_path: Path) -> Path:
    return tmp_path / "logs" / "app.log"


def test_a_line_says_when_how_bad_and_which_component(path: Path) -> None:
    UPBIT.warning("answered %d", 429)
    line = path.read_text(encoding="utf-8")
    when, level, rest = line.split(" ", 2)
    assert when[10] == "T"
    assert when.endswith("Z")
    assert (level, rest) == ("WARNING", "infrastructure.upbit.rest_client: answered 429\n")


def test_context_reaches_the_lines_of_tasks_started_inside(path: Path) -> None:
    async def work() -> None:
        UPBIT.info("from the task")

    async def start() -> None:
        with log_context(market="KRW-BTC", epoch=3):
            task = asyncio.get_running_loop().create_task(work())
        UPBIT.info("outside")
        await task

    with asyncio.Runner() as runner:
        runner.run(start())
    outside, inside = path.read_text(encoding="utf-8").splitlines()
    assert outside.endswith("outside")
    assert inside.endswith("from the task market=KRW-BTC epoch=3")


def test_libraries_are_heard_from_warnings_on_and_we_from_infos_on(path: Path) -> None:
    logging.getLogger("urllib3").info("chatter")
    logging.getLogger("urllib3").warning("trouble")
    UPBIT.debug("detail")
    UPBIT.info("news")
    told = [line.rpartition(": ")[2] for line in path.read_text(encoding="utf-8").splitlines()]
    assert told == ["trouble", "news"]


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {TOKEN}",
        f"'authorization': 'Bearer {TOKEN}', 'accept': 'json'",
        json.dumps({"Authorization": f"Bearer {TOKEN}"}),
        "Authorization=Basic Y2FuYXJ5OmNhbmFyeQ==",
        f"sent bearer {TOKEN} to the server",
        f"token {TOKEN} was refused",
        f"token {TOKEN.rpartition('.')[0]} was cut",
        "access_key=Y2FuYXJ5-key-of-somebody&count=1",
        json.dumps({"secret_key": "Y2FuYXJ5 with spaces", "count": 1}),
    ],
)
def test_tokens_and_headers_are_redacted_by_their_look(text: str, path: Path) -> None:
    UPBIT.error("%s", text)
    written = path.read_text(encoding="utf-8")
    assert "[redacted]" in written
    for canary in (*TOKEN.split("."), "Y2FuYXJ5"):
        assert canary not in written


@pytest.mark.parametrize(
    "form",
    [
        CANARY,
        quote(CANARY, safe=""),
        base64.b64encode(CANARY.encode()).decode(),
        base64.urlsafe_b64encode(CANARY.encode()).decode(),
    ],
)
def test_registered_secrets_are_redacted_in_every_form(form: str, log: LogFile, path: Path) -> None:
    log.redactor.register(CANARY)
    UPBIT.error("before %s after", form)
    written = path.read_text(encoding="utf-8")
    assert form.rstrip("=") not in written
    assert "before [redacted]" in written
    assert "after" in written


def test_tracebacks_and_context_are_redacted_too(log: LogFile, path: Path) -> None:
    log.redactor.register(CANARY)
    try:
        raise ValueError(f"refused {CANARY}")
    except ValueError:
        with log_context(key=CANARY):
            UPBIT.exception("failed")
    written = path.read_text(encoding="utf-8")
    assert CANARY not in written
    assert "ValueError: refused [redacted]" in written


def test_ordinary_text_is_left_alone() -> None:
    text = "KRW-BTC 142,009,000 bid; basic rate 0.05 %, key figures: eyJ, authorised 3 markets"
    assert Redactor().redact(text) == text


def test_a_secret_too_short_to_redact_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 8"):
        Redactor().register("1234567")


def test_the_file_rotates_and_old_lines_stay(tmp_path: Path, log: LogFile) -> None:
    small = configure_logging(tmp_path / "small", max_bytes=400)
    try:
        for number in range(8):
            UPBIT.info("line %d %s", number, "x" * 60)
    finally:
        small.close()
    kept = sorted((tmp_path / "small").iterdir())
    assert [path.name for path in kept][:2] == ["app.log", "app.log.1"]
    assert all(path.stat().st_size <= 400 for path in kept)
    assert sum(path.read_text(encoding="utf-8").count("line ") for path in kept) == 8


def test_configuring_again_moves_the_log(tmp_path: Path, path: Path) -> None:
    again = configure_logging(tmp_path / "again")
    UPBIT.info("moved")
    again.close()
    assert path.read_text(encoding="utf-8") == ""
    assert "moved" in (tmp_path / "again" / "app.log").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no owner-only mode bits")
def test_only_the_owner_can_read_the_log(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_made_is_a_typed_error_with_its_path(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(UnwritableLogError) as caught:
        configure_logging(blocked / "logs")
    assert caught.value.path == blocked / "logs" / "app.log"
    assert caught.value.reason
    assert str(blocked) in str(caught.value)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs Linux' always-full device")  # noqa: PTH110
def test_lines_lost_on_a_full_disk_are_counted(
    log: LogFile, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.unlink()
    path.symlink_to("/dev/full")
    full = configure_logging(path.parent)
    try:
        UPBIT.info("lost")
        assert full.failures == 1
    finally:
        with pytest.raises(OSError, match="No space left"):
            full.close()
    assert capsys.readouterr().err == ""

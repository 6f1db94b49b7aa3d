"""What gets into a bundle, and what never does."""

import stat
import sys
import zipfile
from pathlib import Path

import pytest

from upbit_auto_trading.infrastructure.diagnostic_bundle import DiagnosticFiles
from upbit_auto_trading.infrastructure.logging_setup import Redactor

CANARY = "canary/secret+key=with-enough-length"
TOKEN = "eyJhbGciOiJIUzUxMiJ9.eyJhY2Nlc3Nfa2V5IjoiY2FuYXJ5In0.c2lnbmF0dXJlLW9mLWNhbmFyeQ"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with secrets everywhere."""
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "app.log").write_text(f"INFO sent {TOKEN}\naccess_key={CANARY}\n", encoding="utf-8")
    (logs / "simulator.log").write_text(CANARY, encoding="utf-8")
    for name in ("settings.sqlite3", "strategies.sqlite3", "keys.json"):
        (tmp_path / name).write_text(CANARY, encoding="utf-8")
    return tmp_path


@pytest.fixture
def files(data: Path) -> DiagnosticFiles:
    redactor = Redactor()
    redactor.register(CANARY)
    return DiagnosticFiles(data / "diagnostics", data / "logs", redactor.redact)


async def test_a_bundle_holds_what_it_was_given_and_the_log_and_nothing_else(
    files: DiagnosticFiles,
) -> None:
    path = await files.write_bundle("report.zip", {"metrics.json": "{}", "log.txt": "line"})
    with zipfile.ZipFile(path) as bundle:
        names = set(bundle.namelist())
        assert bundle.read("metrics.json") == b"{}"
    assert names == {"metrics.json", "log.txt", "logs/app.log", "logs/app.log.1"}


async def test_no_secret_gets_into_a_bundle(files: DiagnosticFiles) -> None:
    documents = {"metrics.json": f'{{"url": "{CANARY}"}}', "log.txt": f"Bearer {TOKEN}"}
    path = await files.write_bundle("report.zip", documents)
    with zipfile.ZipFile(path) as bundle:
        told = b"".join(bundle.read(name) for name in bundle.namelist())
    assert b"sent [redacted]" in told
    for secret in (CANARY, TOKEN):
        assert secret.encode() not in told


async def test_without_its_redaction_the_canary_would_be_found(data: Path) -> None:
    files = DiagnosticFiles(data / "diagnostics", data / "logs", lambda text: text)
    path = await files.write_bundle("report.zip", {"log.txt": TOKEN})
    with zipfile.ZipFile(path) as bundle:
        told = b"".join(bundle.read(name) for name in bundle.namelist())
    assert CANARY.encode() in told
    assert TOKEN.encode() in told


async def test_an_export_is_redacted_too(files: DiagnosticFiles) -> None:
    path = await files.write_text("metrics.csv", f"a,{CANARY}\n")
    assert path.read_text(encoding="utf-8") == "a,[redacted]\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
async def test_only_the_owner_can_read_what_is_written(files: DiagnosticFiles) -> None:
    path = await files.write_bundle("report.zip", {})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_folder_that_cant_be_made_is_an_error(data: Path) -> None:
    (data / "diagnostics").write_text("in the way", encoding="utf-8")
    files = DiagnosticFiles(data / "diagnostics", data / "logs", str)
    with pytest.raises(OSError, match="diagnostics"):
        await files.write_text("a.csv", "")


def test_versions_name_python_the_system_and_the_libraries(files: DiagnosticFiles) -> None:
    versions = files.versions()
    assert versions["python"] == sys.version.split()[0]
    assert {"system", "PyQt6", "websockets", "numpy"} <= set(versions)

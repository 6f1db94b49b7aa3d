"""Rows 49, 50 and 55 to 57 of the fault matrix: second starts, exhaustion, imports, secrets."""

import json
import logging
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.core
import keyring.errors
import pytest

from tests.builders import START_MS
from tests.faults.harness import NEVER, Scene, exchange, passes, scene, told, until, waits
from tests.paper_child import TERMS
from tests.paper_strategies import at_least, churning
from upbit_auto_trading.application.alerts import AlertNotDeliveredError
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.bootstrap import main
from upbit_auto_trading.domain import strict_json
from upbit_auto_trading.domain.alert import Alert, AlertSeverity
from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.recording import Segment, Suspended
from upbit_auto_trading.domain.strategy_json import strategy_to_json
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.strict_json import MAX_BYTES
from upbit_auto_trading.domain.subscription import ConnectionState
from upbit_auto_trading.infrastructure import secret_store
from upbit_auto_trading.infrastructure.alert_connections import AlertConnections
from upbit_auto_trading.infrastructure.diagnostic_bundle import DiagnosticFiles
from upbit_auto_trading.infrastructure.instance_lock import FolderInUseError, InstanceLock
from upbit_auto_trading.infrastructure.logging_setup import LogFile, Redactor, configure_logging
from upbit_auto_trading.infrastructure.persistence.strategy_store import StrategyStore
from upbit_auto_trading.infrastructure.persistence.trading_store import TradingStore
from upbit_auto_trading.infrastructure.secret_store import SecretStore

Patch = pytest.MonkeyPatch
ROOT = Path(__file__).resolve().parents[2]
ATTEMPTS = 5
"""How often what must be quick is tried: a busy machine takes its time now and then."""


# 49: a second start


def test_row_49_a_second_start_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, other = InstanceLock(tmp_path), tmp_path / "other"
    first.take()
    took, lines = [], []
    for _ in range(ATTEMPTS):
        began = time.perf_counter()
        assert main(["--demo", "--data-dir", str(tmp_path)]) == 1
        took.append(time.perf_counter() - began)
        lines.append(capsys.readouterr().err.count("\n"))
        if took[-1] <= 1.0:
            break
    other.mkdir()
    second = InstanceLock(other)
    second.take()
    second.release()
    first.release()
    told(49, "refused after (s), lines said", (round(min(took), 3), lines[-1]), "≤ 1 s, one line")
    assert min(took) <= 1.0
    assert set(lines) == {1}


def _is_refused(folder: Path) -> bool:
    first, second = InstanceLock(folder), InstanceLock(folder)
    first.take()
    try:
        second.take()
    except FolderInUseError:
        return True
    finally:
        first.release()
        second.release()
    return False


def test_row_49_without_its_defence_fails(tmp_path: Path, monkeypatch: Patch) -> None:
    connect = sqlite3.connect

    def apart(_: Path, **options: Any) -> sqlite3.Connection:
        made: sqlite3.Connection = connect(":memory:", **options)
        return made

    assert _is_refused(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", apart)
        assert not _is_refused(tmp_path)


# 50: no handles, no memory


@contextmanager
def _no_handles() -> Iterator[int]:
    """Take every handle this process may have; yield how many those were."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = [os.open(os.devnull, os.O_RDONLY)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(taken[0] + 1000, 1100), hard))
    try:
        while True:
            try:
                taken.append(os.dup(taken[0]))
            except OSError:
                break
        yield len(taken)
    finally:
        for handle in taken:
            os.close(handle)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


TICKER = Stream("ticker", "KRW-BTC")
OUTAGE_S = 2.0
"""How long the exchange refuses; the handles are gone before it is back, and for longer."""


def _connected(one: Scene) -> bool:
    return one.feed.connection_state is ConnectionState.CONNECTED


async def _without_handles(folder: Path, within: float = 30.0) -> tuple[int, str, float, int]:
    """Lose the connection while there is no handle left; return what became of everything.

    Where the machine was so slow that a new connection came before the handles were gone, it is
    done again.
    """
    for attempt in range(ATTEMPTS):
        place = folder / str(attempt)
        place.mkdir()
        found = await _tried_without_handles(place, within)
        if found is not None:
            return found
    pytest.fail("the handles were never gone in time")


async def _tried_without_handles(folder: Path, within: float) -> tuple[int, str, float, int] | None:
    with closing(TradingStore(folder / "trading.sqlite3")) as store:
        run = store.open_run("KRW-BTC", "s", TERMS).run_id
        segment = store.begin_segment(run, Segment("{}", TERMS, {}, None, START_MS))
        async with exchange() as upbit, scene(upbit, [TICKER]) as one:
            await one.standing_by()
            refusal = "answered"
            await upbit.fault("outage", target="ws", seconds=OUTAGE_S)
            began = time.perf_counter()
            assert await until(lambda: not _connected(one), 10) < NEVER
            with _no_handles() as count:
                for n in range(20):
                    mark = Suspended(START_MS + n, is_suspended=True)
                    store.commit(run, segment, [mark], {"n": n})
                try:
                    await one.feed.ticker("KRW-ETH")
                except MarketDataError as error:
                    refusal = type(error).__name__
                await passes(began + OUTAGE_S + 0.5 - time.perf_counter())
                was_out = not _connected(one)
            back = await one.next_data(within)
        assert store.database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        memory = store.open_run("KRW-BTC", "s", TERMS).memory
    assert memory is not None
    return (count, refusal, back, int(memory["n"])) if was_out else None


@pytest.mark.skipif(sys.platform == "win32", reason="limits of handles are POSIX")
async def test_row_50_no_handles_left(tmp_path: Path) -> None:
    count, refusal, back, kept = await _without_handles(tmp_path)
    told(50, "handles taken, answer meanwhile, back (s)", (count, refusal, back), "no corruption")
    assert count >= 900
    assert back < NEVER
    assert kept == 19


@pytest.mark.skipif(sys.platform == "win32", reason="limits of handles are POSIX")
async def test_row_50_without_its_defence_fails(tmp_path: Path, monkeypatch: Patch) -> None:
    waits(monkeypatch, 3600)
    assert (await _without_handles(tmp_path, within=2))[2] == NEVER


_SQUEEZED = """
import resource, sqlite3, sys
from pathlib import Path
from tests.paper_child import TERMS
from upbit_auto_trading.domain.recording import Segment, Suspended
from upbit_auto_trading.infrastructure.persistence.trading_store import TradingStore

store = TradingStore(Path(sys.argv[1]))
run = store.open_run("KRW-BTC", "s", TERMS).run_id
segment = store.begin_segment(run, Segment("{}", TERMS, {}, None, 1))
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
limit = used + 64 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
hoard, n = [], 0
try:
    while True:
        store.commit(run, segment, [Suspended(n, is_suspended=True)], {"n": n, "x": "y" * n})
        print(n, flush=True)
        n += 1
        hoard.append(bytearray(1_000_000))
except (MemoryError, sqlite3.Error) as error:
    hoard.clear()
    store.commit(run, segment, [Suspended(n, is_suspended=True)], {"n": n})
    print(n, type(error).__name__, flush=True)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits memory as Linux does")
def test_row_50_no_memory_left(tmp_path: Path) -> None:
    path = tmp_path / "trading.sqlite3"
    command = [sys.executable, "-c", _SQUEEZED, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *_, last = done.stdout.splitlines()
    number, error = last.split()
    with closing(TradingStore(path)) as store:
        assert store.database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        memory = store.open_run("KRW-BTC", "s", TERMS).memory
    told(50, "commits until memory was out, then one more", last, "no corruption")
    assert error in ("MemoryError", "OperationalError")
    assert memory is not None
    assert memory["n"] == int(number) > 10


# 55: hostile imports


def _named(name: str) -> str:
    document = json.loads(strategy_to_json(churning(at_least(1.0))))
    text = json.dumps(document)
    return text.replace('"Churning"', json.dumps(name)).replace('"회전"', json.dumps(name))


def _hostile(seed: int, count: int) -> list[str]:
    """Documents beyond every limit, and a good one with bytes of it changed at random."""
    good, dice = strategy_to_json(churning(at_least(1.0))), random.Random(seed)
    documents = [
        "[" * 500_000,
        '{"children":[' + '{"id":"n"},' * 90_000 + "{}]}",
        "[" + "0," * 490_000 + "0]",
        "[" + "0," * 1_000_000 + "0]",
        "한" * (MAX_BYTES // 3 + 1),
        _named("x" * 50_000),
        good.replace("-5.0", "NaN"),
        good.replace('"churning"', '"../../x"'),
    ]
    for _ in range(count):
        text = list(good)
        for _ in range(dice.randint(1, 4)):
            text[dice.randrange(len(text))] = dice.choice('{}[]",:\\0-e\x00한<')
        documents.append("".join(text))
    return documents


def _imported(
    folder: Path, documents: list[str], attempts: int = ATTEMPTS
) -> tuple[int, int, float, int]:
    """Import every document; return how many were refused, taken, the slowest (s), and kept."""
    refused = taken = 0
    slowest = 0.0
    with closing(StrategyStore(folder / "strategies.sqlite3", shipped_variables())) as store:
        for document in documents:
            took = []
            for _ in range(attempts):
                kept = len(store.versions("strategy"))
                began = time.process_time()
                try:
                    store.import_strategy(document, START_MS)
                except InvalidDocumentError:
                    took.append(time.process_time() - began)
                    assert len(store.versions("strategy")) == kept
                    if took[-1] <= 0.1:
                        break
                else:
                    break
            refused += bool(took)
            taken += not took
            slowest = max(slowest, min(took, default=0.0))
        return refused, taken, slowest, len(store.versions("strategy"))


def test_row_55_hostile_imports(tmp_path: Path) -> None:
    documents = _hostile(55, 300)
    refused, taken, slowest, kept = _imported(tmp_path, documents)
    told(55, "refused, harmless, slowest (CPU s)", (refused, taken, round(slowest, 4)), "≤ 0.1 s")
    assert slowest <= 0.1
    assert refused > 250
    # What is still a strategy of the format may be taken; it must be reviewed before it trades.
    assert kept <= taken
    with closing(StrategyStore(tmp_path / "strategies.sqlite3", shipped_variables())) as store:
        assert not any(store.standing(one.id).is_reviewed for one in store.versions("strategy"))


def test_row_55_without_its_defence_fails(tmp_path: Path, monkeypatch: Patch) -> None:
    """Half a million values are read to their end before anything is refused."""
    monkeypatch.setattr(strict_json, "MAX_VALUES", 10**9)
    assert _imported(tmp_path, ["[" + "0," * 490_000 + "0]"], attempts=1)[2] > 0.1


# 56: keyrings that don't keep


class _Keyring(keyring.backend.KeyringBackend):
    """A keyring that keeps in a list, or raises what it is given."""

    priority = 5.0

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.written: list[str] = []
        self._error = error

    def _answer(self) -> None:
        if self._error is not None:
            raise self._error

    def set_password(self, service: str, username: str, password: str) -> None:
        del service, username
        self._answer()
        self.written.append(password)

    def get_password(self, service: str, username: str) -> str | None:
        del service, username
        self._answer()
        return self.written[-1] if self.written else None

    def delete_password(self, service: str, username: str) -> None:
        del service, username
        self._answer()
        self.written.clear()


class _PlaintextKeyring(_Keyring):
    """One that keeps readable for everybody."""


_KEYRINGS: dict[str, Callable[[], Any]] = {
    "missing": keyring.backends.fail.Keyring,
    "plaintext": _PlaintextKeyring,
    "locked": lambda: _Keyring(keyring.errors.KeyringLocked("locked")),
    "denied": lambda: _Keyring(keyring.errors.PasswordSetError("denied")),
    "unusable": lambda: _Keyring(keyring.errors.InitError("no service")),
}
_SECRET = "a-secret-that-nobody-may-keep"


async def _kept_by(backend: Any, monkeypatch: Patch) -> tuple[bool, str | None, str | None]:
    """Return whether it lasts, what this start has, and what the next one has."""
    monkeypatch.setattr(keyring.core, "_keyring_backend", backend)
    this, following = SecretStore(), SecretStore()
    try:
        lasts = await this.put("webhook", _SECRET)
        return lasts, await this.get("webhook"), await following.get("webhook")
    finally:
        this.close()
        following.close()


@pytest.mark.parametrize("how", list(_KEYRINGS))
async def test_row_56_a_keyring_that_does_not_keep(how: str, monkeypatch: Patch) -> None:
    backend = _KEYRINGS[how]()
    lasts, now, following = await _kept_by(backend, monkeypatch)
    told(56, how, (lasts, now == _SECRET, following), "this start only, nothing written")
    assert not lasts
    assert now == _SECRET
    assert following is None
    assert getattr(backend, "written", []) == []


async def test_row_56_without_its_defence_fails(monkeypatch: Patch) -> None:
    backend = _PlaintextKeyring()
    monkeypatch.setattr(secret_store, "_REFUSED", ())
    assert await _kept_by(backend, monkeypatch) == (True, _SECRET, _SECRET)
    assert backend.written == [_SECRET]


# 57: canaries

CANARY = "canary/secret+key=with-enough-length"
BOT = "123456:" + "C4n4ry-" * 5
TOKEN = "eyJhbGciOiJIUzUxMiJ9.eyJhY2Nlc3Nfa2V5IjoiY2FuYXJ5In0.c2lnbmF0dXJlLW9mLWNhbmFyeQ"
_ALERT = Alert(AlertSeverity.WARNING, "refused", 17, "KRW-BTC", "s", {"reason": CANARY})


@contextmanager
def _logging(folder: Path) -> Iterator[LogFile]:
    loggers = logging.getLogger(), logging.getLogger("upbit_auto_trading")
    levels = [logger.level for logger in loggers]
    opened = configure_logging(folder)
    try:
        yield opened
    finally:
        opened.close()
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


async def _found_in_files(folder: Path, monkeypatch: Patch) -> dict[str, list[str]]:
    """Use every secret where things go wrong; return which files hold one, by secret."""
    monkeypatch.setattr(keyring.core, "_keyring_backend", _KEYRINGS["missing"]())
    log = logging.getLogger("upbit_auto_trading.infrastructure.upbit.rest_client")
    with _logging(folder / "logs") as opened:
        opened.redactor.register(CANARY)
        connections = AlertConnections(SecretStore(), AlertNotDeliveredError)
        hook, _ = await connections.connect_webhook(f"http://127.0.0.1:9/{CANARY}")
        bot, _ = await connections.connect_telegram(BOT, "5")
        monkeypatch.setattr(bot, "_address", f"http://127.0.0.1:9/bot{BOT}/sendMessage")
        for sink in (hook, bot):
            with pytest.raises(AlertNotDeliveredError) as failed:
                await sink.deliver(_ALERT, "refused")
            log.error("E-ALERT: %s of %r", failed.value, sink)
        log.error("sent Authorization: Bearer %s, key %s", TOKEN, CANARY)
        try:
            raise ValueError(f"refused {CANARY} {TOKEN}")
        except ValueError:
            log.exception("failed with %r", connections)
        connections.close()
        files = DiagnosticFiles(folder / "diagnostics", folder / "logs", opened.redactor.redact)
        lines = opened.ring.after(0)
        assert len(lines) >= 3
        await files.write_text("log.txt", "\n".join(map(str, lines)))
        await files.write_text("metrics.json", json.dumps({"url": CANARY}))
    return _holding(folder, (CANARY, BOT, TOKEN))


def _holding(folder: Path, secrets: tuple[str, ...]) -> dict[str, list[str]]:
    produced = [path for path in folder.rglob("*") if path.is_file()]
    assert len(produced) >= 3
    return {
        secret: [path.name for path in produced if secret.encode() in path.read_bytes()]
        for secret in secrets
    }


async def test_row_57_no_secret_in_any_file(tmp_path: Path, monkeypatch: Patch) -> None:
    found = await _found_in_files(tmp_path, monkeypatch)
    told(57, "files with a secret", sum(map(len, found.values())), "0")
    assert not any(found.values()), found


async def test_row_57_without_its_defence_fails(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(Redactor, "redact", lambda _, text: text)
    found = await _found_in_files(tmp_path, monkeypatch)
    assert found[CANARY]
    assert found[TOKEN]

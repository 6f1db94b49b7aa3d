"""The leak checks are proven on leaks, in a run of pytest of their own."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCAFFOLDING = (
    "__init__.py",
    "conftest.py",
    "leaks.py",
    "long_runs.py",
    "qt_loop.py",
    "simulator_process.py",
    "virtual_display.py",
)

LEAKS = {
    "a task": (
        """
import asyncio
async def test_it():
    asyncio.get_running_loop().create_task(asyncio.Event().wait(), name='stray')
""",
        "task stray",
    ),
    "a timer of the loop": (
        """
import asyncio
async def test_it():
    asyncio.get_running_loop().call_later(60, print)
""",
        "timer ",
    ),
    "an error nobody handled": (
        """
import asyncio
async def test_it():
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0)
""",
        "unhandled in the loop",
    ),
    "a thread": (
        """
import threading
stop = threading.Event()
def test_it():
    threading.Thread(target=stop.wait, name='stray', daemon=True).start()
""",
        "thread stray",
    ),
    "a socket": (
        """
import socket
kept = []
def test_it():
    kept.append(socket.socket())
""",
        "open socket:",
    ),
    "an open file": (
        """
kept = []
def test_it(tmp_path):
    kept.append((tmp_path / 'a').open('w'))
""",
        "/a (descriptor",
    ),
    "a child process": (
        """
import subprocess, sys
kept = []
def test_it():
    kept.append(subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE))
""",
        "child process",
    ),
    "a child nobody waited for": (
        """
import subprocess, sys
kept = []
def test_it():
    kept.append(subprocess.Popen([sys.executable, '-c', '']))
""",
        "never waited for",
    ),
}

IN_THE_WINDOW = {
    "a QTimer": (
        """
from PyQt6.QtCore import QTimer
kept = []
def test_it():
    kept.append(QTimer()); kept[0].start(60_000)
""",
        "QTimer every 60000 ms",
    ),
    "a task on Qt's loop": (
        """
import asyncio
async def test_it():
    assert 'qasync' in str(type(asyncio.get_running_loop()).__mro__)
    asyncio.get_running_loop().create_task(asyncio.Event().wait(), name='stray')
""",
        "task stray",
    ),
    "a timer of Qt's loop": (
        """
import asyncio
async def test_it():
    asyncio.get_running_loop().call_later(60, print)
""",
        "timer ",
    ),
    "a Qt warning": (
        """
from PyQt6.QtCore import qWarning
def test_it():
    qWarning(b'odd')
""",
        "FAILED",
    ),
    "an exception in a slot": (
        """
from PyQt6.QtCore import QTimer
def test_it(qtbot):
    timer = QTimer()
    timer.setSingleShot(True)
    timer.timeout.connect(lambda: 1 / 0)
    with qtbot.waitSignal(timer.timeout):
        timer.start(0)
""",
        "Exceptions caught in Qt event loop",
    ),
}

CLEAN = """
import asyncio, socket, subprocess, sys, threading

async def test_tasks_that_end():
    await asyncio.get_running_loop().create_task(asyncio.sleep(0))
    task = asyncio.get_running_loop().create_task(asyncio.Event().wait())
    task.cancel()

async def test_work_in_a_thread():
    await asyncio.to_thread(lambda: None)

def test_things_that_close(tmp_path):
    socket.socket().close()
    (tmp_path / "a").write_text("a")
    subprocess.run([sys.executable, "-c", ""], check=True)
    thread = threading.Thread(target=lambda: None)
    thread.start()
"""


@pytest.mark.parametrize(("folder", "plants"), [("unit", LEAKS), ("gui", IN_THE_WINDOW)])
def test_what_is_left_behind_fails_the_test_and_is_named(
    folder: str,
    plants: dict[str, tuple[str, str]],
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "400")  # else the summary cuts the reasons off
    lay_out(pytester, folder, {leak: source for leak, (source, _) in plants.items()})
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "tests", timeout=60)
    output = result.stdout.str()
    unseen = [leak for leak, (_, told) in plants.items() if not _blamed(output, leak, told)]
    assert unseen == [], output


@pytest.mark.parametrize("folder", ["unit", "gui"])
def test_what_ends_in_time_passes(folder: str, pytester: pytest.Pytester) -> None:
    lay_out(pytester, folder, {"clean": CLEAN})
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "tests", timeout=60)
    result.assert_outcomes(passed=3)


def lay_out(pytester: pytest.Pytester, folder: str, sources: dict[str, str]) -> None:
    """Write test modules beside the project's own conftest and settings."""
    tests = pytester.mkdir("tests")
    for name in SCAFFOLDING:
        text = (ROOT / "tests" / name).read_text(encoding="utf-8")
        (tests / name).write_text(text.replace("GRACE_S = 3.0", "GRACE_S = 0.3"), encoding="utf-8")
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (pytester.path / "pyproject.toml").write_text(settings, encoding="utf-8")
    (tests / folder).mkdir()
    for name, source in sources.items():
        (tests / folder / _module(name)).write_text(source, encoding="utf-8")


def _module(leak: str) -> str:
    return f"test_{leak.replace(' ', '_').replace(chr(39), '')}.py"


def _blamed(output: str, leak: str, told: str) -> bool:
    """Whether the report of that module's test says what was told."""
    summary = output.rpartition("short test summary info")[2]
    blamed = [line for line in summary.splitlines() if _module(leak) in line]
    return any(told in line for line in blamed)

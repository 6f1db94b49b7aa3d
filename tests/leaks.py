"""Fails a test that leaves something running: tasks, timers, threads, sockets, files, processes.

The baseline is taken after fixtures of wider scope and before the test's own, so what a module's
fixture keeps open isn't blamed on the first test that asks for it.
"""

import asyncio
import gc
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

GRACE_S = 3.0
"""How long threads and children that were told to end may take."""

_OURS = Path("/proc/self/fd")
# multiprocessing keeps one process for the interpreter's whole life, by design.
_LASTING_CHILDREN = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")


@dataclass(frozen=True, slots=True)
class Running:
    """What a process has open or running, each under a key that survives comparison."""

    threads: dict[int, str]
    descriptors: dict[str, str]
    children: dict[int, str]

    @classmethod
    def now(cls, folder: Path) -> "Running":
        """Look at this process; files count when they lie in `folder`."""
        return cls(_threads(), _descriptors(folder), _children())

    def beyond(self, baseline: "Running") -> list[str]:
        """Describe what is here and wasn't in `baseline`."""
        return [
            *_extra("thread", self.threads, baseline.threads),
            *_extra("open", self.descriptors, baseline.descriptors),
            *_extra("child process", self.children, baseline.children),
        ]


@pytest.fixture(autouse=True)
def no_leaks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fail the test when threads, sockets, its files or child processes outlive it."""
    folder = tmp_path_factory.getbasetemp()
    baseline = Running.now(folder)
    yield
    leaked = settle(lambda: Running.now(folder).beyond(baseline))
    if leaked:
        pytest.fail("left behind: " + "; ".join(leaked), pytrace=False)


@pytest.fixture
async def no_leaked_tasks(no_leaks: None) -> AsyncIterator[None]:
    """Fail the test when tasks or timers of its loop outlive it, or the loop reports an error."""
    loop = asyncio.get_running_loop()
    mine = asyncio.all_tasks()
    reports: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: reports.append(context))
    yield
    for _ in range(5):  # cancelled tasks and closing transports need a few turns of the loop
        await asyncio.sleep(0)
    current = asyncio.current_task()
    tasks = [task for task in asyncio.all_tasks() - mine if task is not current]
    leaked = [f"task {task.get_name()} ({_where(task)})" for task in tasks]
    leaked += [f"timer {handle!r}" for handle in pending_timers(loop)]
    leaked += [f"unhandled in the loop: {_told(context)}" for context in reports]
    if leaked:
        pytest.fail("left behind: " + "; ".join(leaked), pytrace=False)


@pytest.fixture
def no_leaked_qt_timers(no_leaks: None) -> Iterator[None]:
    """Fail the test when a running QTimer outlives it."""
    before = running_qt_timers()
    yield
    leaked = [timer for timer in running_qt_timers() if not any(timer is old for old in before)]
    if leaked:
        told = [f"QTimer every {timer.interval()} ms of {timer.parent()!r}" for timer in leaked]
        pytest.fail("left behind: " + "; ".join(told), pytrace=False)


def settle(look: Callable[[], list[str]], grace_s: float = GRACE_S) -> list[str]:
    """Return what `look` still finds after `grace_s`, at once when it finds nothing."""
    deadline = time.monotonic() + grace_s
    found = look()
    if found:
        gc.collect()  # a socket in a reference cycle is garbage, not a leak
    while found and time.monotonic() < deadline:
        threading.Event().wait(0.02)
        found = look()
    return found


def pending_timers(loop: asyncio.AbstractEventLoop) -> list[asyncio.Handle]:
    """Return the loop's timers that would still fire, of asyncio's loops and of qasync's."""
    handles = list(getattr(loop, "_scheduled", ()))
    timer = getattr(loop, "_timer", None)
    if timer is not None:
        from PyQt6.QtCore import QAbstractEventDispatcher

        dispatcher = QAbstractEventDispatcher.instance()
        assert dispatcher is not None
        by_id = getattr(timer, "_SimpleTimer__callbacks")  # noqa: B009
        # qasync's call_soon is a timer of 0 ms: that is the loop's next turn, not a wait
        handles = [
            by_id[info.timerId]
            for info in dispatcher.registeredTimers(timer)
            if info.interval > 0 and info.timerId in by_id
        ]
    return [handle for handle in handles if not handle.cancelled()]


def running_qt_timers() -> list[Any]:
    """Return the QTimers that are still active."""
    from PyQt6 import sip
    from PyQt6.QtCore import QCoreApplication, QEvent, QTimer

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    # by type(): isinstance() asks the objects, and a weak proxy whose object is gone raises
    timers = [found for found in gc.get_objects() if issubclass(type(found), QTimer)]
    return [timer for timer in timers if not sip.isdeleted(timer) and timer.isActive()]


def _extra(kind: str, now: dict[Any, str], before: dict[Any, str]) -> list[str]:
    return [f"{kind} {text}" for key, text in now.items() if key not in before]


def _threads() -> dict[int, str]:
    return {
        id(thread): thread.name
        for thread in threading.enumerate()
        if not isinstance(thread, threading._DummyThread)
    }


def _descriptors(folder: Path) -> dict[str, str]:
    if not sys.platform.startswith("linux"):
        return {}
    found = {}
    for name in os.listdir(_OURS):  # noqa: PTH208 - twice as fast, and run after every test
        try:
            target = os.readlink(_OURS / name)  # noqa: PTH115 - likewise, and "socket:[1]" is no path
        except OSError:
            continue  # the listing's own descriptor
        if target.startswith(("socket:", f"{folder}{os.sep}")):
            found[f"{name} {target}"] = f"{target} (descriptor {name})"
    return found


def _children() -> dict[int, str]:
    found = {}
    for child in _child_processes():
        try:
            if child.status() == psutil.STATUS_ZOMBIE:
                command = f"{child.name()} (ended, never waited for)"
            else:
                command = " ".join(child.cmdline())
        except psutil.ZombieProcess:
            command = "(ended, never waited for)"
        except psutil.NoSuchProcess:
            continue
        if not any(lasting in command for lasting in _LASTING_CHILDREN):
            found[child.pid] = f"{child.pid}: {command}"
    return found


def _child_processes() -> Iterator[psutil.Process]:
    """Yield our children. Linux lists them per thread; asking for every process is slow."""
    lists = list(Path("/proc/self/task").glob("*/children"))
    if not lists:
        yield from psutil.Process().children()
        return
    for path in lists:
        try:
            pids = path.read_text().split()
        except OSError:
            continue  # that thread has ended
        for pid in pids:
            try:
                yield psutil.Process(int(pid))
            except psutil.NoSuchProcess:
                continue


def _where(task: "asyncio.Task[Any]") -> str:
    frames = task.get_stack(limit=1)
    if not frames:
        return "not started"
    code = frames[0].f_code
    return f"{Path(code.co_filename).name}:{frames[0].f_lineno} in {code.co_name}"


def _told(context: dict[str, Any]) -> str:
    error = context.get("exception")
    return f"{context.get('message')}" + (f" ({error!r})" if error is not None else "")

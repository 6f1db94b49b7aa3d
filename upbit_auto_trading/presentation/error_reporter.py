"""One place for everything nobody caught: exceptions of slots, tasks and threads, Qt's messages.

PyQt ends the process when an exception leaves a slot while the default hook stands, so the hooks
are set before the first Qt object exists.
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import QMessageLogContext, QObject, QtMsgType, pyqtSignal, qInstallMessageHandler

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_log = logging.getLogger(__name__)

_SAME_AGAIN_S: Final = 5.0
_KEPT: Final = 50
# What Qt says about the platform it runs on, which is no fault of the program.
_HARMLESS: Final = ("This plugin does not support propagateSizeHints()",)
# What Qt says when the display is gone (logging out does that). It then calls exit() from inside a
# call into it, which waits for ever on threads of Python and holds on to the data folder.
_DISPLAY_GONE: Final = ("connection broke", "Wayland connection experienced a fatal error")


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """One uncaught error. `count` is how often it has happened so far."""

    text: str
    details: str
    count: int


class ErrorReporter(QObject):
    """Logs every uncaught error once per few seconds and tells the window.

    May be called from any thread; `reported` is heard in the thread of the window.
    """

    reported = pyqtSignal(object)

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._told_at: dict[str, float] = {}
        self.texts: list[str] = []

    def install(self) -> None:
        """Become the handler of everything uncaught."""
        if sys.stderr is not None and not faulthandler.is_enabled():
            faulthandler.enable()
        sys.excepthook = self.exception
        threading.excepthook = self.thread_exception
        sys.unraisablehook = self._unraisable
        qInstallMessageHandler(self._qt_message)

    def uninstall(self) -> None:
        """Give everything uncaught back to Python and Qt."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__
        sys.unraisablehook = sys.__unraisablehook__
        qInstallMessageHandler(None)

    def loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Handle what the loop couldn't deliver; for `loop.set_exception_handler`."""
        del loop
        error = context.get("exception")
        if isinstance(error, asyncio.CancelledError | KeyboardInterrupt | SystemExit):
            return
        self.report(str(context.get("message", "task failed")), error)

    def report(self, text: str, error: BaseException | None) -> None:
        """Report one error with what is known of it."""
        lines = traceback.format_exception(error) if error is not None else []
        details = "".join(lines) or text
        if error is not None:
            text = f"{type(error).__name__}: {error}"
        self._tell(text, details)

    def _tell(self, text: str, details: str) -> None:
        now = self._now()
        with self._lock:
            count = self._counts[text] = self._counts.get(text, 0) + 1
            if len(self._counts) > 10 * _KEPT:
                self._counts.clear()
                self._told_at.clear()
            if now - self._told_at.get(text, float("-inf")) < _SAME_AGAIN_S:
                return
            self._told_at[text] = now
            if len(self.texts) < _KEPT:
                self.texts.append(text)
        _log.error("uncaught (%d): %s", count, details)
        self.reported.emit(ErrorReport(text, details, count))

    def exception(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        """Handle what nobody caught; for `sys.excepthook`, which PyQt calls for slots."""
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        self.report(kind.__name__, error)

    def thread_exception(self, context: threading.ExceptHookArgs) -> None:
        """Handle what ended a thread; for `threading.excepthook`."""
        if context.exc_value is not None and context.exc_type is not SystemExit:
            name = context.thread.name if context.thread else "thread"
            self.report(f"thread {name} failed", context.exc_value)

    def _unraisable(self, context: sys.UnraisableHookArgs) -> None:
        self.report(context.err_msg or "error while an object ended", context.exc_value)

    def _qt_message(
        self, kind: QtMsgType, context: QMessageLogContext, message: str | None
    ) -> None:
        del context
        text = message or ""
        if kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) or text in _HARMLESS:
            _log.debug("Qt: %s", text)
            return
        if any(words in text for words in _DISPLAY_GONE):
            _log.error("E-DISPLAY: the display is gone, the program ends: %s", text)
            logging.shutdown()
            os._exit(1)  # as after a kill, everything that counts is on disk
        self._tell(f"Qt: {text}", f"Qt: {text}")

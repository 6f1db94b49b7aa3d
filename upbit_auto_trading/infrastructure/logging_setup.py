"""The log file: rotating, readable by its owner only, and never holding a secret."""

from __future__ import annotations

import base64
import contextlib
import logging
import logging.handlers
import os
import re
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote

from upbit_auto_trading.infrastructure.log_ring import LogRing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from io import TextIOWrapper
    from pathlib import Path

PACKAGE: Final = "upbit_auto_trading"
FILE_NAME: Final = "app.log"
MAX_BYTES: Final = 5_000_000
KEPT_FILES: Final = 5
SHORTEST_SECRET: Final = 8
REDACTED: Final = "[redacted]"

# A header or parameter by name, up to where its value ends.
_NAMED = re.compile(
    r"""(?ix) ( ["']? \b (?:authorization|(?:access|secret)[_-]?key) ["']? \s* [:=] \s* )
        (?: " [^"]* " | ' [^']* ' | (?:bearer\s+|basic\s+)? [^\s"',;&}\])]+ )"""
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/-]{8,}=*")
_TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?")

_context: ContextVar[Mapping[str, object]] = ContextVar("log_context", default={})  # noqa: B039


class UnwritableLogError(Exception):
    """The log file can't be opened.

    Args:
        path: of the log file.
        reason: the system's own words.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"the log {path} can't be written: {reason}")
        self.path = path
        self.reason = reason


class Redactor:
    """Takes secrets out of text: by the look of a token or header, and by known value."""

    def __init__(self) -> None:
        self._values: set[str] = set()

    def register(self, secret: str) -> None:
        """Redact `secret` from now on, also where it is URL-quoted or base64-encoded.

        Raises:
            ValueError: it is so short that redacting it would spoil ordinary text.
        """
        if len(secret) < SHORTEST_SECRET:
            raise ValueError(f"a secret has at least {SHORTEST_SECRET} characters")
        raw = secret.encode()
        self._values |= {
            secret,
            quote(secret, safe=""),
            base64.b64encode(raw).decode(),
            base64.urlsafe_b64encode(raw).decode().rstrip("="),
        }

    def redact(self, text: str) -> str:
        """Return `text` with every secret replaced."""
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, REDACTED)
        text = _NAMED.sub(rf"\1{REDACTED}", text)
        text = _BEARER.sub(rf"\1 {REDACTED}", text)
        return _TOKEN.sub(REDACTED, text)


class LogFile:
    """The open log. `redactor` takes further secrets; `failures` counts lines that were lost.

    `ring` keeps the newest lines for the window.
    """

    def __init__(self, handler: _OwnerOnlyHandler, redactor: Redactor, ring: LogRing) -> None:
        self._handler = handler
        self.redactor = redactor
        self.ring = ring

    @property
    def failures(self) -> int:
        """Lines that couldn't be written, on a full disk for example."""
        return self._handler.failures

    def close(self) -> None:
        """Stop logging to the file. Harmless when repeated."""
        logging.getLogger().removeHandler(self._handler)
        logging.getLogger().removeHandler(self.ring)
        self._handler.close()
        self.ring.close()


def configure_logging(
    folder: Path,
    *,
    level: int = logging.INFO,
    levels: Mapping[str, int] | None = None,
    max_bytes: int = MAX_BYTES,
) -> LogFile:
    """Log to `folder`/app.log; an earlier log of this process is closed.

    Args:
        folder: made when it is missing.
        level: of this package; libraries are heard from WARNING on.
        levels: by component, `{"infrastructure.upbit": logging.DEBUG}`.
        max_bytes: at which a new file begins; five old ones are kept.

    Raises:
        UnwritableLogError: the file can't be opened.
    """
    path = folder / FILE_NAME
    redactor = Redactor()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = _OwnerOnlyHandler(path, max_bytes)
    except OSError as error:
        raise UnwritableLogError(path, error.strerror or str(error)) from error
    handler.setFormatter(_Formatter(redactor))
    root = logging.getLogger()
    ours = (_OwnerOnlyHandler, LogRing)
    for earlier in [kept for kept in root.handlers if isinstance(kept, ours)]:
        root.removeHandler(earlier)
        earlier.close()
    ring = LogRing(redactor.redact, lambda: _written(_context.get()).strip(), component_of)
    root.addHandler(handler)
    root.addHandler(ring)
    root.setLevel(logging.WARNING)
    logging.getLogger(PACKAGE).setLevel(level)
    for component, component_level in (levels or {}).items():
        logging.getLogger(f"{PACKAGE}.{component}").setLevel(component_level)
    return LogFile(handler, redactor, ring)


def component_of(logger: str) -> str:
    """Return the component's name of a logger's: without the package, which all of ours have."""
    return logger.removeprefix(f"{PACKAGE}.")


@contextlib.contextmanager
def log_context(**facts: object) -> Iterator[None]:
    """Add `facts` to every line logged inside, in this task and those it starts."""
    token = _context.set({**_context.get(), **facts})
    try:
        yield
    finally:
        _context.reset(token)


class _OwnerOnlyHandler(logging.handlers.RotatingFileHandler):
    """Counts what it fails to write instead of printing a traceback for each line."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.failures = 0
        super().__init__(path, maxBytes=max_bytes, backupCount=KEPT_FILES, encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 -- logging's own
        self.failures += 1

    def _open(self) -> TextIOWrapper:
        stream = open(  # noqa: SIM115 -- the handler closes it
            self.baseFilename, self.mode, encoding="utf-8", opener=_owner_only
        )
        return cast("TextIOWrapper", stream)


class _Formatter(logging.Formatter):
    """UTC time to the millisecond, level, component, message, context; redacted as a whole."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__(
            "%(asctime)s.%(msecs)03dZ %(levelname)s %(component)s: %(message)s%(context)s",
            datefmt="%Y-%m-%dT%H:%M:%S",
        )
        self.converter = time.gmtime
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        record.component = component_of(record.name)
        record.context = _written(_context.get())
        return self._redactor.redact(super().format(record))


def _written(facts: Mapping[str, object]) -> str:
    return "".join(f" {name}={value}" for name, value in facts.items())


def _owner_only(path: str, flags: int) -> Any:
    return os.open(path, flags, 0o600)

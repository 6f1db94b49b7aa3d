"""HTTP over `requests`, off the loop in a small executor of its own."""

import asyncio
import email.utils
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import requests
from requests.adapters import HTTPAdapter

from upbit_auto_trading.domain.failure import BadDataError, NoDataInTimeError, NotConnectedError
from upbit_auto_trading.infrastructure.clock import Clock
from upbit_auto_trading.infrastructure.upbit.rest_failures import transport_detail
from upbit_auto_trading.infrastructure.upbit.timings import Timings

_WORKERS: Final = 4
_LARGEST_BODY: Final = 16 * 2**20


@dataclass(frozen=True, slots=True)
class RestAnswer:
    """What was answered, whatever it is. `date` is the server's time in whole epoch seconds."""

    status: int
    content_type: str
    remaining: str | None
    retry_after: str | None
    date: float | None
    body: bytes


class RestTransport:
    """One session and four workers.

    Certificates are always checked: against the system's authorities, or, with `ca_file` (PEM),
    against those in it alone. A name that doesn't resolve is looked up once in `dns_retry`; who
    asks in between is told so at once.
    """

    def __init__(
        self, base_url: str, timings: Timings, clock: Clock, ca_file: Path | None = None
    ) -> None:
        self._base = base_url
        self._timings = timings
        self._clock = clock
        self._session = requests.Session()
        self._session.headers["Accept"] = "application/json"
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=_WORKERS, max_retries=0)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        # Given with every request: a session's own setting loses against the environment's.
        self._verify: str | None = None if ca_file is None else str(ca_file)
        # A proxy set for the machine is for the outside, never for a server on this machine.
        host = urllib.parse.urlsplit(base_url).hostname
        self._session.trust_env = host not in ("127.0.0.1", "localhost", "::1")
        self._executor = ThreadPoolExecutor(_WORKERS, thread_name_prefix="upbit-rest")
        self._running: set[asyncio.Future[RestAnswer]] = set()
        self._unresolved_until: float | None = None
        self._closed = False

    async def get(self, path: str, url: str, deadline: float) -> RestAnswer:
        """Ask; `deadline` is of the monotonic clock.

        Raises:
            NotConnectedError: the endpoint can't be reached.
            NoDataInTimeError: it doesn't answer.
            BadDataError: what it answers can't be taken.
        """
        now = self._clock.monotonic()
        if self._unresolved_until is not None:
            if now < self._unresolved_until:
                raise NotConnectedError(self._base, "dns")
            self._unresolved_until = now + self._timings.dns_retry
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._executor, self._fetch, path, url, deadline)
        self._running.add(work)
        work.add_done_callback(self._finished)
        try:
            answer = await asyncio.shield(work)
        except NotConnectedError as error:
            if error.detail == "dns" and self._unresolved_until is None:
                self._unresolved_until = self._clock.monotonic() + self._timings.dns_retry
            raise
        finally:
            # A failure keeps this frame, bodies and all: this frame mustn't keep the failure.
            del work
        self._unresolved_until = None
        return answer

    async def close(self) -> None:
        """End the workers. Harmless when repeated."""
        self._closed = True
        self._session.close()
        if self._running:
            await asyncio.wait(self._running, timeout=self._timings.close_timeout)
        # Nothing runs now, or a server keeps a worker hanging until its read timeout.
        self._executor.shutdown(wait=not self._running, cancel_futures=True)

    def _finished(self, work: asyncio.Future[RestAnswer]) -> None:
        self._running.discard(work)
        if not work.cancelled():
            work.exception()  # seen by whoever waits; nobody may wait any more

    def _fetch(self, path: str, url: str, deadline: float) -> RestAnswer:
        """Runs in the executor."""
        timings = self._timings
        if self._closed:
            raise NotConnectedError(self._base, "closed")
        started = self._clock.monotonic()
        try:
            with self._session.get(
                url,
                timeout=(timings.rest_connect_timeout, timings.rest_read_timeout),
                allow_redirects=False,
                stream=True,
                verify=self._verify,
            ) as response:
                body = bytearray()
                for part in response.iter_content(65536):
                    body += part
                    if self._clock.monotonic() > deadline or self._closed:
                        raise NoDataInTimeError(path, self._clock.monotonic() - started)
                    if len(body) > _LARGEST_BODY:
                        raise BadDataError(path, "too_large")
                headers = response.headers
                return RestAnswer(
                    response.status_code,
                    headers.get("Content-Type", ""),
                    headers.get("Remaining-Req"),
                    headers.get("Retry-After"),
                    _epoch_of(headers.get("Date")),
                    bytes(body),
                )
        except requests.exceptions.ConnectTimeout as error:
            raise NotConnectedError(self._base, "timeout") from error
        except requests.exceptions.Timeout as error:
            raise NoDataInTimeError(path, self._clock.monotonic() - started) from error
        except requests.exceptions.ContentDecodingError as error:
            raise BadDataError(path, "wrong_encoding") from error
        except requests.exceptions.RequestException as error:
            raise NotConnectedError(self._base, transport_detail(error)) from error


def _epoch_of(date: str | None) -> float | None:
    """Return an HTTP date as epoch seconds; None without one or when it can't be read."""
    if date is None:
        return None
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None

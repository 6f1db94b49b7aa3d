"""A loopback relay before the exchange: paths that break, and who connects when."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Relay:
    """A loopback relay before the exchange: counts connects, resets them, swallows what passes."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._server: asyncio.Server | None = None
        self._pumps: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._links: set[asyncio.StreamWriter] = set()
        self.connects: list[float] = []
        self.resets = 0
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        self.cut()
        await self._server.wait_closed()

    def swallow(self) -> None:
        """Let nothing pass any more, either way, and close nothing."""
        self._open.clear()

    def pass_on(self) -> None:
        """Let what comes from now on pass; connections that were swallowed are gone."""
        self.cut()
        self._open.set()

    def cut(self) -> None:
        """End every connection at once."""
        for writer in tuple(self._links):
            writer.transport.abort()
        self._links.clear()

    def most_in(self, seconds: float) -> int:
        """Return the most connects within any span of so many seconds."""
        moments = self.connects
        return max(
            (sum(1 for at in moments if begin <= at < begin + seconds) for begin in moments),
            default=0,
        )

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connects.append(time.perf_counter())
        if self.resets:
            self.resets -= 1
            writer.transport.abort()
            return
        self._links.add(writer)
        await self._open.wait()
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        self._links.add(far_writer)
        for source, target in ((reader, far_writer), (far_reader, writer)):
            pump = asyncio.ensure_future(self._pump(source, target))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                if not self._open.is_set():
                    await self._open.wait()
                    return
                target.write(data)
        except OSError:
            pass
        finally:
            target.close()


def _port_of(url: str) -> int:
    return int(url.split(":")[2].split("/", maxsplit=1)[0])


@asynccontextmanager
async def relay_to(url: str) -> AsyncIterator[Relay]:
    """Run a relay before the server of `url`."""
    relay = Relay(_port_of(url))
    await relay.start()
    try:
        yield relay
    finally:
        await relay.stop()


class Relayed:
    """The exchange's addresses by way of a relay."""

    def __init__(self, relay: Relay, host: str = "127.0.0.1", *, tls: bool = False) -> None:
        secure = "s" if tls else ""
        self.ws_url = f"ws{secure}://{host}:{relay.port}/websocket/v1"
        self.rest_url = f"http{secure}://{host}:{relay.port}"

"""How far an address can be reached, on sockets of this machine."""

import asyncio
import socket
import ssl
from pathlib import Path

import pytest
import trustme

from upbit_auto_trading.infrastructure.connection_probe import probe_address, probe_endpoint


async def _quiet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def test_a_plain_address_is_resolved_and_connected() -> None:
    async with await asyncio.start_server(_quiet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        steps = await probe_address(f"http://127.0.0.1:{port}")
    assert [(step.name, step.ok) for step in steps] == [("dns", True), ("tcp", True)]
    assert steps[0].facts["addresses"] == ["127.0.0.1"]
    assert all(step.ms >= 0 for step in steps)


async def test_a_closed_port_is_told_as_refused_and_ends_there() -> None:
    steps = await probe_address(f"https://127.0.0.1:{free_port()}")
    assert [(step.name, step.ok) for step in steps] == [("dns", True), ("tcp", False)]
    assert steps[-1].facts["cause"] == "refused"


async def test_a_name_that_doesnt_exist_is_told_as_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    steps = await probe_address("wss://does-not-exist.invalid/websocket/v1")
    assert [(step.name, step.ok) for step in steps] == [("dns", False)]
    assert steps[0].facts["cause"] == "dns"


@pytest.fixture
def authority(tmp_path: Path) -> tuple[trustme.CA, Path]:
    made = trustme.CA()
    path = tmp_path / "ca.pem"
    made.cert_pem.write_to_path(str(path))
    return made, path


async def test_a_trusted_certificate_is_told_with_its_days(
    authority: tuple[trustme.CA, Path],
) -> None:
    made, ca_file = authority
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.issue_cert("127.0.0.1").configure_cert(context)
    async with await asyncio.start_server(_quiet, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        steps = await probe_address(f"https://127.0.0.1:{port}", ca_file=ca_file)
    assert [step.name for step in steps if step.ok] == ["dns", "tcp", "tls"]
    assert steps[-1].facts["version"].startswith("TLSv1")
    assert steps[-1].facts["certificate_days_left"] > 0


async def test_an_unknown_authority_is_told_as_certificate(
    authority: tuple[trustme.CA, Path],
) -> None:
    made, _ca_file = authority
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.issue_cert("127.0.0.1").configure_cert(context)
    async with await asyncio.start_server(_quiet, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        steps = await probe_address(f"https://127.0.0.1:{port}")
    assert not steps[-1].ok
    assert steps[-1].facts["cause"] == "certificate"


async def test_both_addresses_of_an_exchange_are_probed() -> None:
    async with await asyncio.start_server(_quiet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        found = await probe_endpoint(
            f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{free_port()}/websocket/v1"
        )
    assert found["ok"] is False
    names = [step["name"] for step in found["steps"]]
    assert names == ["rest_dns", "rest_tcp", "websocket_dns", "websocket_tcp"]

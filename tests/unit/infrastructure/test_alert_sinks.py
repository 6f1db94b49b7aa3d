"""Alerts over HTTP, against a server on this machine; the address is never told."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import keyring
import keyring.backends.fail
import pytest

from upbit_auto_trading.domain.alert import Alert, AlertSeverity, AlertSink
from upbit_auto_trading.infrastructure.alert_connections import AlertConnections
from upbit_auto_trading.infrastructure.alert_sinks import InvalidSinkError, telegram, webhook
from upbit_auto_trading.infrastructure.secret_store import SecretStore

ALERT = Alert(AlertSeverity.WARNING, "refused", 17, "KRW-BTC", "s", {"reason": "daily_loss"})
TOKEN = "123456:" + "A" * 35


class FailedError(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


class Server(ThreadingHTTPServer):
    def __init__(self) -> None:
        self.got: list[tuple[str, Any]] = []
        self.status = 200
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


async def test_a_webhook_gets_text_code_and_facts(server: Server) -> None:
    sink = webhook(f"{server.address}/hook", FailedError)
    await sink.deliver(ALERT, "주문이 거부됐어요")
    sink.close()
    ((path, body),) = server.got
    assert path == "/hook"
    assert body["text"] == "주문이 거부됐어요"
    assert (body["severity"], body["code"], body["facts"]) == (
        "warning", "refused", {"reason": "daily_loss"},
    )  # fmt: skip


async def test_a_bot_writes_to_its_chat(server: Server) -> None:
    sink = telegram(TOKEN, "-1001", FailedError, server.address)
    await sink.deliver(ALERT, "x" * 5000)
    sink.close()
    ((path, body),) = server.got
    assert path == f"/bot{TOKEN}/sendMessage"
    assert body["chat_id"] == "-1001"
    assert len(body["text"]) == 4000


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_an_answer_that_is_no_yes_is_a_refusal_and_nothing_is_followed(
    server: Server, status: int
) -> None:
    server.status = status
    sink = telegram(TOKEN, "5", FailedError, server.address)
    with pytest.raises(FailedError) as caught:
        await sink.deliver(ALERT, "text")
    sink.close()
    assert (caught.value.code, caught.value.detail) == ("refused", f"HTTP {status}")
    assert len(server.got) == 1


async def test_nobody_there_is_said_without_the_secret(server: Server) -> None:
    address = server.address
    server.shutdown()
    server.server_close()
    sink = telegram(TOKEN, "5", FailedError, address)
    with pytest.raises(FailedError) as caught:
        await sink.deliver(ALERT, "text")
    sink.close()
    assert caught.value.code == "unreachable"
    assert TOKEN not in str(caught.value) + repr(sink)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "address",
    ["", "hook", "http://example.com/hook", "https://", "https://me:secret@host/", "ftp://host/x"],
)
def test_what_is_no_safe_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidSinkError) as caught:
        webhook(address, FailedError)
    assert caught.value.field == "address"


@pytest.mark.parametrize(("token", "chat", "field"), [("x", "5", "token"), (TOKEN, "me", "chat")])
def test_what_is_no_bot_is_refused(token: str, chat: str, field: str) -> None:
    with pytest.raises(InvalidSinkError) as caught:
        telegram(token, chat, FailedError)
    assert caught.value.field == field


async def test_without_a_keyring_an_address_lasts_for_this_start_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keyring, "get_keyring", keyring.backends.fail.Keyring)
    secrets = SecretStore()
    connections = AlertConnections(secrets, lambda _, code, detail: FailedError(code, detail))
    _, is_lasting = await connections.connect_webhook("https://example.com/hook")
    assert not is_lasting
    assert await connections.restore(AlertSink.WEBHOOK) is not None
    await connections.disconnect(AlertSink.WEBHOOK)
    assert await connections.restore(AlertSink.WEBHOOK) is None
    connections.close()

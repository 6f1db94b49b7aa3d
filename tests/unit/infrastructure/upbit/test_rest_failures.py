import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from upbit_auto_trading.domain.failure import (
    BadDataError,
    NotUpbitError,
    RequestRefusedError,
    ServerFailedError,
    UnknownMarketError,
)
from upbit_auto_trading.infrastructure.upbit.ban_record import BanRecord
from upbit_auto_trading.infrastructure.upbit.decode_rest import error_name_of
from upbit_auto_trading.infrastructure.upbit.rest_failures import (
    ban_seconds,
    failure_of,
    transport_detail,
)

JSON = "application/json;charset=UTF-8"
UNKNOWN = b'{"error":{"name":404,"message":"Code not found"}}'
REFUSED = b'{"error":{"name":400,"message":"Type mismatch error."}}'


@pytest.mark.parametrize(
    ("status", "content_type", "body", "kind"),
    [
        (200, JSON, b"[]", type(None)),
        (200, "text/plain", b"[]", type(None)),
        (200, "text/html", b"<html>", NotUpbitError),
        (302, "text/html", b"", NotUpbitError),
        (404, JSON, UNKNOWN, UnknownMarketError),
        (400, JSON, REFUSED, RequestRefusedError),
        (503, "text/html", b"<html>maintenance</html>", ServerFailedError),
        (500, JSON, b"{}", ServerFailedError),
        (404, "text/html", b"<html>", NotUpbitError),
        (404, "text/plain", b"no", BadDataError),
    ],
)
def test_an_answer_is_classed_by_what_it_is(
    status: int, content_type: str, body: bytes, kind: type
) -> None:
    assert type(failure_of("ticker", status, content_type, body, ("KRW-X",))) is kind


def test_without_a_market_in_the_request_a_404_is_a_refusal() -> None:
    assert isinstance(failure_of("market/all", 404, JSON, UNKNOWN, ()), RequestRefusedError)


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ("12", b"", 12.0),
        ("soon", b"blocked for 30 seconds", 30.0),
        (None, "요청이 2분 동안 차단됩니다".encode(), 120.0),
        (None, "45초 후 다시 시도".encode(), 45.0),
        (None, b"1500 ms", 1.5),
        (None, b"", 60.0),
        (None, b"\xff\xff", 60.0),
        ("9999999", b"", 86_400.0),
    ],
)
def test_the_length_of_a_block_is_read_in_any_form(
    header: str | None, body: bytes, seconds: float
) -> None:
    assert ban_seconds(header, body, 60.0) == seconds


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (socket.gaierror(-2, "Name or service not known"), "dns"),
        (ConnectionRefusedError(111, "Connection refused"), "refused"),
        (
            ssl.SSLCertVerificationError("certificate verify failed: self-signed certificate"),
            "certificate_untrusted",
        ),
        (
            ssl.SSLCertVerificationError("certificate verify failed: certificate has expired"),
            "certificate_expired",
        ),
        (
            ssl.SSLCertVerificationError("certificate verify failed: Hostname mismatch"),
            "certificate_wrong_host",
        ),
        (ssl.SSLError("UNEXPECTED_EOF"), "tls"),
        (TimeoutError(), "timeout"),
        (ConnectionResetError(104, "Connection reset by peer"), "reset"),
        (OSError(101, "Network is unreachable"), "no_route"),
        (OSError("something new"), "unreachable"),
    ],
)
def test_a_failed_connection_has_a_code_however_it_is_wrapped(error: OSError, detail: str) -> None:
    wrapped = RuntimeError("a library's own words")
    wrapped.__cause__ = error

    assert transport_detail(error) == detail
    assert transport_detail(wrapped) == detail


def test_every_recorded_error_body_has_its_name(payloads: Callable[[str], Any]) -> None:
    import json

    bodies = [
        entry["body"]
        for entry in payloads("samples/rest_errors.json")
        if isinstance(entry.get("body"), dict)
    ]
    assert bodies
    for body in bodies:
        inner = body.get("error", body)
        assert error_name_of(json.dumps(body).encode()) == str(inner["name"])
    assert error_name_of(b"<html>") is None


def test_a_block_outlives_the_program(tmp_path: Path) -> None:
    path = tmp_path / "upbit_block.json"
    BanRecord(path).extend(2000.0)
    BanRecord(path).extend(1500.0)

    assert BanRecord(path).until == 2000.0
    path.write_text("nonsense", encoding="utf-8")
    assert BanRecord(path).until == 0.0
    assert BanRecord(None).until == 0.0

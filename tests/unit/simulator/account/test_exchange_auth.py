import base64
import hashlib
import hmac
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fake_exchange import NOW_MS
from upbit_auto_trading.simulator.account.auth import ApiKey, Authenticator
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError
from upbit_auto_trading.simulator.account.request_parameters import (
    Parameters,
    from_json,
    from_query,
)

SAMPLES = Path(__file__).resolve().parents[3] / "payloads" / "samples"
VECTORS: dict[str, Any] = json.loads((SAMPLES / "auth_vectors.json").read_text("utf-8"))
WIRE: dict[str, Any] = json.loads((SAMPLES / "sdk_wire.json").read_text("utf-8"))
SECRET = "a-secret-of-more-than-thirty-two-characters"


def key(**changes: Any) -> ApiKey:
    fields: dict[str, Any] = {
        "access_key": "the-key",
        "secret": SECRET,
        "pocket_uuid": "p",
        "created_ms": NOW_MS,
        "expires_ms": NOW_MS + 1,
    }
    return ApiKey(**(fields | changes))


def token(claims: Any, *, algorithm: str = "HS512", secret: str = SECRET) -> dict[str, str]:
    def part(value: Any) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    signed = part({"alg": algorithm, "typ": "JWT"}) + b"." + part(claims)
    digest = {"HS256": "sha256", "HS512": "sha512"}.get(algorithm, "sha256")
    signature = base64.urlsafe_b64encode(hmac.new(secret.encode(), signed, digest).digest())
    return {"Authorization": f"Bearer {(signed + b'.' + signature.rstrip(b'=')).decode()}"}


def claims(**changes: Any) -> dict[str, Any]:
    return {"access_key": "the-key", "nonce": "n1"} | changes


def name_of_refusal(
    headers: dict[str, str],
    parameters: Parameters | None = None,
    *,
    api_key: ApiKey | None = None,
    remote: str = "127.0.0.1",
) -> str:
    with pytest.raises(ExchangeError) as refused:
        Authenticator([api_key or key()]).check_request(
            headers, parameters or Parameters(), now_ms=NOW_MS, remote=remote
        )
    assert refused.value.status == 401
    return refused.value.name


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["request"][:40])
def test_the_documented_vectors_are_accepted(vector: dict[str, Any], algorithm: str) -> None:
    hashed = vector["query_string_hashed"]
    if hashed is None:
        parameters = Parameters()
    elif vector["request"].startswith("POST"):
        parameters = from_json(vector["request"].partition(" body ")[2].encode())
    else:
        parameters = from_query(hashed.replace(":", "%3A").replace("+", "%2B"))
    known = key(access_key=VECTORS["access_key"], secret=VECTORS["secret_key"])
    headers = {"authorization": f"Bearer {vector[algorithm]}"}
    found = Authenticator([known]).check_request(headers, parameters, now_ms=NOW_MS)
    assert found is known


@pytest.mark.parametrize(
    "request_row",
    [row for row in WIRE["requests"] if row["query_hash"]],
    ids=lambda row: row["why"],
)
def test_what_the_official_client_hashes_is_accepted(request_row: dict[str, Any]) -> None:
    body, line = request_row["body"], request_row["request_line"]
    parameters = from_json(body.encode()) if body else from_query(line.partition("?")[2])
    assert parameters.matches(request_row["query_hash"])
    wrong = hashlib.sha512(b"something=else").hexdigest()
    assert not parameters.matches(wrong)


def test_a_percent_encoded_form_with_literal_brackets_is_accepted() -> None:
    parameters = from_query("states%5B%5D=done&start_time=2026-03-22T21%3A00%3A00")
    hashed = "states[]=done&start_time=2026-03-22T21%3A00%3A00"
    assert parameters.matches(hashlib.sha512(hashed.encode()).hexdigest())


def test_json_numbers_are_hashed_as_they_are_spelled() -> None:
    parameters = from_json(b'{"volume":1.0,"price":1E5,"flag":true,"x":null,"l":["a","b"]}')
    hashed = "volume=1.0&price=1E5&flag=true&l[]=a&l[]=b"
    assert parameters.matches(hashlib.sha512(hashed.encode()).hexdigest())
    assert parameters.texts("l") == ("a", "b")


@pytest.mark.parametrize(
    "body",
    [
        b"[1]",
        b"{",
        b'{"a":NaN}',
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 400 + b"1" + b"}" * 400,
        b'{"a":"\\ud800"}',
    ],
    ids=["list", "cut", "no number", "no text", "brackets", "deep", "half a character"],
)
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(ExchangeError) as refused:
        from_json(body)
    assert refused.value.name == "invalid_parameter"


@given(st.binary(max_size=200))
def test_any_body_is_understood_or_refused(body: bytes) -> None:
    with suppress(ExchangeError):
        assert from_json(body).matches("0" * 128) is False


@given(st.text(max_size=200))
def test_any_header_is_refused_by_name(text: str) -> None:
    authenticator = Authenticator([key()])
    for header in (text, f"Bearer {text}", f"Bearer a.{text}.c"):
        headers = {"Authorization": header}
        with pytest.raises(ExchangeError):
            authenticator.check_socket(headers, now_ms=NOW_MS)


@given(st.recursive(st.none() | st.text() | st.integers(), st.lists, max_leaves=5))
def test_any_claims_are_refused_by_name(strange: Any) -> None:
    for field in ("access_key", "nonce", "query_hash"):
        with pytest.raises(ExchangeError):
            Authenticator([key()]).check_request(
                token(claims(**{field: strange})), from_query("a=b"), now_ms=NOW_MS
            )


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Bearer "}, {"Authorization": "Basic abc"}]
)
def test_no_token_is_named(header: dict[str, str]) -> None:
    assert name_of_refusal(header) == "no_authorization_token"


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer x.y.z"},
        {"Authorization": "Bearer é.b.c"},
        {"Authorization": "Bearer " + "." * 5},
        token(claims(), algorithm="none"),
        token(claims(), secret="another-secret-which-is-also-long-enough"),
        token(claims(nonce=None)),
        token(claims(nonce=7)),
        token(["access_key"]),
    ],
    ids=["garbage", "not ascii", "dots", "alg none", "secret", "no nonce", "number", "list"],
)
def test_a_token_that_does_not_verify_is_named(headers: dict[str, str]) -> None:
    assert name_of_refusal(headers) == "jwt_verification"


def test_an_unknown_key_is_named() -> None:
    assert name_of_refusal(token(claims(access_key="other"))) == "invalid_access_key"


def test_an_expired_key_is_named() -> None:
    old = key(expires_ms=NOW_MS)
    assert name_of_refusal(token(claims()), api_key=old) == "expired_access_key"


def test_an_address_that_is_not_allowed_is_named() -> None:
    bound = key(allowed_ips=frozenset({"203.0.113.10"}))
    assert name_of_refusal(token(claims()), api_key=bound) == "no_authorization_ip"


@pytest.mark.parametrize(
    "extra",
    [{}, {"query_hash": "0" * 128}, {"query_hash": 5}, {"query_hash_alg": "SHA256"}],
    ids=["missing", "wrong", "no text", "other algorithm"],
)
def test_parameters_without_their_hash_are_refused(extra: dict[str, Any]) -> None:
    parameters = from_query("market=KRW-BTC")
    if "query_hash_alg" in extra:
        extra["query_hash"] = hashlib.sha512(b"market=KRW-BTC").hexdigest()
    assert name_of_refusal(token(claims(**extra)), parameters) == "invalid_query_payload"


def test_a_hash_without_parameters_is_refused() -> None:
    assert name_of_refusal(token(claims(query_hash="0" * 128))) == "invalid_query_payload"


def test_a_nonce_is_spent_by_a_valid_request_only_and_never_by_a_socket() -> None:
    authenticator = Authenticator([key()])
    headers = token(claims())
    for _ in range(2):
        assert authenticator.check_socket(headers, now_ms=NOW_MS).access_key == "the-key"
    with pytest.raises(ExchangeError):
        authenticator.check_request(headers, from_query("a=b"), now_ms=NOW_MS)
    authenticator.check_request(headers, Parameters(), now_ms=NOW_MS)
    with pytest.raises(ExchangeError) as refused:
        authenticator.check_request(headers, Parameters(), now_ms=NOW_MS)
    assert refused.value.name == "nonce_used"


def test_the_memory_of_nonces_is_bounded() -> None:
    authenticator = Authenticator([key()], nonce_memory=2)
    for nonce in ("a", "b", "c", "a"):
        authenticator.check_request(token(claims(nonce=nonce)), Parameters(), now_ms=NOW_MS)

"""Tokens: who sends a private request, and whether the key may do it (reference §5).

The signature is checked with the standard library, so that a client's token library and this
check can't share a mistake.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError
from upbit_auto_trading.simulator.account.request_parameters import Parameters

_DIGESTS: Final = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}
_EMPTY_HASH: Final = hashlib.sha512(b"").hexdigest()

PERMISSIONS: Final = (
    "view_account",
    "view_orders",
    "make_orders",
    "view_withdrawals",
    "withdraw",
    "view_deposits",
    "deposit",
    "transfer",
    "manage_pockets",
)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One API key. An empty `allowed_ips` lets every address in."""

    access_key: str
    secret: str = field(repr=False)
    pocket_uuid: str
    created_ms: int
    expires_ms: int
    permissions: frozenset[str] = frozenset(PERMISSIONS)
    allowed_ips: frozenset[str] = frozenset()

    def require(self, permission: str) -> None:
        """Refuse unless the key has the permission.

        Raises:
            ExchangeError: out_of_scope.
        """
        if permission not in self.permissions:
            raise ExchangeError("out_of_scope")


class Authenticator:
    """Checks tokens and remembers which nonces were spent, the newest `nonce_memory` of them."""

    def __init__(self, keys: Iterable[ApiKey], *, nonce_memory: int = 200_000) -> None:
        self._keys = {key.access_key: key for key in keys}
        self._nonces: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._nonce_memory = nonce_memory

    @property
    def keys(self) -> tuple[ApiKey, ...]:
        """Every key, in the order they were given."""
        return tuple(self._keys.values())

    def check_request(
        self,
        headers: Mapping[str, str],
        parameters: Parameters,
        *,
        now_ms: int,
        remote: str | None = None,
    ) -> ApiKey:
        """Return the key that signed a REST request and spend its nonce.

        Raises:
            ExchangeError: one of Upbit's 401 refusals.
        """
        key, claims = self._verified(headers, now_ms, remote)
        nonce = (key.access_key, claims["nonce"])
        if nonce in self._nonces:
            raise ExchangeError("nonce_used")
        _check_hash(claims, parameters)
        self._nonces[nonce] = None
        if len(self._nonces) > self._nonce_memory:
            self._nonces.popitem(last=False)
        return key

    def check_socket(
        self, headers: Mapping[str, str], *, now_ms: int, remote: str | None = None
    ) -> ApiKey:
        """Return the key of a WebSocket handshake; clients reuse such a token, so may we.

        Raises:
            ExchangeError: one of Upbit's 401 refusals.
        """
        return self._verified(headers, now_ms, remote)[0]

    def _verified(
        self, headers: Mapping[str, str], now_ms: int, remote: str | None
    ) -> tuple[ApiKey, dict[str, Any]]:
        signed, digest, signature, claims = _parts_of(_token_of(headers))
        access_key = claims.get("access_key")
        key = self._keys.get(access_key) if isinstance(access_key, str) else None
        if key is None:
            raise ExchangeError("invalid_access_key")
        expected = hmac.new(key.secret.encode(), signed, digest).digest()
        if not hmac.compare_digest(expected, signature):
            raise ExchangeError("jwt_verification")
        nonce = claims.get("nonce")
        if not isinstance(nonce, str) or not 0 < len(nonce) <= 256:
            raise ExchangeError("jwt_verification")
        if now_ms >= key.expires_ms:
            raise ExchangeError("expired_access_key")
        if key.allowed_ips and remote not in key.allowed_ips:
            raise ExchangeError("no_authorization_ip")
        return key, claims


def _token_of(headers: Mapping[str, str]) -> str:
    header = next((text for name, text in headers.items() if name.lower() == "authorization"), "")
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise ExchangeError("no_authorization_token")
    return token.strip()


def _check_hash(claims: Mapping[str, Any], parameters: Parameters) -> None:
    query_hash = claims.get("query_hash")
    if query_hash is None and not parameters:
        return
    if not isinstance(query_hash, str) or claims.get("query_hash_alg", "SHA512") != "SHA512":
        raise ExchangeError("invalid_query_payload")
    fits = parameters.matches(query_hash) or (not parameters and query_hash == _EMPTY_HASH)
    if not fits:
        raise ExchangeError("invalid_query_payload")


def _parts_of(token: str) -> tuple[bytes, Any, bytes, dict[str, Any]]:
    """Return (signed bytes, digest, signature, claims) of a compact token."""
    try:
        head, body, tail = token.encode("ascii").split(b".")
        header = json.loads(_decoded(head))
        claims = json.loads(_decoded(body))
        digest = _DIGESTS[header["alg"]]
        signature = _decoded(tail)
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        raise ExchangeError("jwt_verification") from None
    if not isinstance(claims, dict):
        raise ExchangeError("jwt_verification")
    return head + b"." + body, digest, signature, claims


def _decoded(part: bytes) -> bytes:
    return base64.b64decode(part + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)

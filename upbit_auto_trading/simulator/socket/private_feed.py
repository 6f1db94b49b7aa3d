"""The private endpoint's subscription of one connection: own orders, own assets, announcements."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from upbit_auto_trading.simulator.account.account_events import AccountEvents
from upbit_auto_trading.simulator.account.announcements import AnnouncementBoard
from upbit_auto_trading.simulator.account.auth import ApiKey
from upbit_auto_trading.simulator.socket.ws_error import StreamRequestError
from upbit_auto_trading.simulator.socket.ws_feed import FeedSession
from upbit_auto_trading.simulator.socket.ws_frame import Frame
from upbit_auto_trading.simulator.socket.ws_request import Subscribe
from upbit_auto_trading.simulator.wire.simple_keys import simplified
from upbit_auto_trading.simulator.wire.ws_stream import Format

_SCOPES: Final = {"myOrder": "view_orders", "myAsset": "view_account"}
# Amounts have more digits than a float: they leave as the decimals they are.
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


class PrivateFeed:
    """Lets the events of the key's pocket through that the connection asked for."""

    def __init__(
        self, session: FeedSession, key: ApiKey, events: AccountEvents, board: AnnouncementBoard
    ) -> None:
        self._session = session
        self._key = key
        self._events = events
        self._board = board
        self._entries: tuple[dict[str, Any], ...] = ()
        self._stops: list[Callable[[], None]] = []

    def replace(self, request: Subscribe) -> None:
        for entry in request.entries:
            scope = _SCOPES.get(entry.type)
            if scope is not None and scope not in self._key.permissions:
                raise StreamRequestError("INVALID_AUTH")
        self.close()
        self._entries = tuple(
            {"type": entry.type, **({"codes": list(entry.codes)} if entry.codes else {})}
            | {name: entry.fields[name] for name in _OPTIONS if name in entry.fields}
            for entry in request.entries
        )
        types = {entry.type for entry in request.entries}
        if types & _SCOPES.keys():
            self._stops.append(self._events.subscribe(self._key.access_key, self._account))
        if "announcement" in types:
            self._stops.append(self._board.subscribe(self._announcement))

    def describe(self) -> Sequence[dict[str, Any]]:
        return self._entries

    def close(self) -> None:
        for stop in self._stops:
            stop()
        self._stops.clear()
        self._entries = ()

    def _account(self, event: Mapping[str, Any]) -> None:
        kind = event["type"]
        wanted = [entry for entry in self._entries if entry["type"] == kind]
        codes = {code for entry in wanted for code in entry.get("codes", ())}
        takes_all = any(not entry.get("codes") for entry in wanted)
        if wanted and (takes_all or event.get("code") in codes):
            key = str(event.get("uuid") or event.get("asset_uuid"))
            self._send(event, str(event.get("code", "")), key)

    def _announcement(self, event: Mapping[str, Any]) -> None:
        for entry in self._entries:
            if entry["type"] != "announcement":
                continue
            categories = entry.get("categories")
            if categories and event["category"] not in categories:
                continue
            shown = dict(event)
            if not entry.get("include_body", False):
                del shown["body"]
            self._send(shown, "", str(event["uuid"]))
            return

    def _send(self, event: Mapping[str, Any], code: str, key: str) -> None:
        payload = encoded(event, self._session.format)
        self._session.queue(Frame(payload, str(event["type"]), code, key, "REALTIME"))
        self._session.flush()


_OPTIONS: Final = ("categories", "include_body")


def encoded(event: Mapping[str, Any], wire_format: Format) -> bytes:
    """Return a frame's payload in one of the four formats."""
    document: Any = simplified(event, str(event["type"])) if wire_format.is_simple else event
    return _ENCODER.encode([document] if wire_format.is_list else document)

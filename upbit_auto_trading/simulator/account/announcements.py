"""The exchange's announcements, told to the private sockets that ask for them (reference §2.15)."""

from collections.abc import Callable
from typing import Any, Final

from upbit_auto_trading.simulator.account.order_views import kst_text

CATEGORIES: Final = (
    "notice",
    "trade",
    "wallet",
    "maintenance",
    "digital_asset",
    "nft",
    "service",
    "event",
)
LONGEST_BODY: Final = 20_000
_FIRST_NUMBER: Final = 562_593_104

AnnouncementListener = Callable[[dict[str, Any]], None]


class AnnouncementBoard:
    """Publishes announcements, and those edited later, to whoever listens."""

    def __init__(self) -> None:
        self._listeners: list[AnnouncementListener] = []
        self._first_listed: dict[str, str] = {}

    def subscribe(self, listener: AnnouncementListener) -> Callable[[], None]:
        """Send announcements to `listener` (always with `body`) until the returned call."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def knows(self, uuid: str) -> bool:
        """Whether an announcement of this uuid was published."""
        return uuid in self._first_listed

    def publish(
        self, title: str, category: str, body: str, now_ms: int, *, edits: str | None = None
    ) -> str:
        """Announce, or edit the announcement `edits`; return its uuid (a number as text).

        A body that is too large is sent as null.
        """
        uuid = edits or str(_FIRST_NUMBER + len(self._first_listed))
        moment = kst_text(now_ms)
        known = uuid in self._first_listed
        event = {
            "type": "announcement",
            "event_type": "UPDATED" if known else "CREATED",
            "uuid": uuid,
            "title": title,
            "category": category,
            "url": f"https://www.upbit.com/service_center/notice?id={uuid}&view=share",
            "first_listed_at": self._first_listed.setdefault(uuid, moment),
            "listed_at": moment,
            "timestamp": now_ms,
            "stream_type": "REALTIME",
            "body": body if len(body) <= LONGEST_BODY else None,
        }
        for listener in tuple(self._listeners):
            listener(event)
        return uuid

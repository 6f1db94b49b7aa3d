"""Faults round orders and account events, as `account.order_faults` knows them."""

from typing import Final

from upbit_auto_trading.simulator.account.announcements import CATEGORIES
from upbit_auto_trading.simulator.account.exchange_errors import ERROR_NAMES
from upbit_auto_trading.simulator.account.order_faults import TARGETS, WAYS
from upbit_auto_trading.simulator.fault.fault_kind import Argument, FaultKind
from upbit_auto_trading.simulator.fault.fault_scopes import COUNT, MARKET, SECONDS

_HOW: Final = Argument("reset", "what the client sees; error is status 500", choices=tuple(WAYS))
_WHICH: Final = Argument("", "only these requests", choices=("", *TARGETS))
_LOST: Final = {"how": _HOW, "target": _WHICH, "count": COUNT, "seconds": SECONDS}
_TIMES: Final = {"count": COUNT, "seconds": SECONDS}

ORDER_KINDS: Final = (
    FaultKind(
        *("order_answer_lost", "order", "Lose answers to orders"),
        "orders are accepted, the answer isn't sent",
        (38,),
        _LOST,
    ),
    FaultKind(
        *("order_request_lost", "order", "Lose order requests"),
        "order requests are dropped before they act",
        (39,),
        _LOST,
    ),
    FaultKind(
        *("order_refused", "order", "Refuse orders"),
        "order requests are refused",
        (43,),
        {
            "name": Argument("internal_server_error", "Upbit's error name", choices=ERROR_NAMES),
            **_TIMES,
        },
    ),
    FaultKind(
        *("cancel_loses_race", "order", "Fills come before the cancel"),
        "a cancelled order fills whole before the cancel takes effect",
        (41,),
        _TIMES,
    ),
    FaultKind(
        *("cancel_after_partial_fill", "order", "Half fills before the cancel"),
        "half of a cancelled order fills before the cancel",
        (41,),
        _TIMES,
    ),
    FaultKind(
        *("slow_cancel", "order", "Slow cancels"),
        "cancels take effect late",
        (41,),
        {"ms": Argument(3000, "delay", unit="ms", high=999_999_999), "seconds": SECONDS},
    ),
    FaultKind(
        *("market_offline", "order", "Orders off"),
        "maintenance: orders and cancels answer 403, nothing fills; when it ends, orders on the "
        "wrong side of the last price are cancelled",
        (43, 60),
        {"market": MARKET, "seconds": SECONDS},
    ),
    FaultKind(
        *("announcement", "order", "Publish a notice"),
        "an announcement is published",
        (60,),
        {
            "category": Argument("notice", "its category", choices=CATEGORIES),
            "title": Argument("", "its title"),
            "body": Argument("", "its text"),
            "edits": Argument("", "the uuid of an earlier one that it changes"),
        },
        is_momentary=True,
    ),
    FaultKind(
        *("announced_self_match", "order", "Announced self-match rules"),
        "the self-match rules announced for 2026-11-09 are in force",
        (),
        {"seconds": SECONDS},
    ),
    FaultKind(
        *("delete_body_refused", "order", "Refuse DELETE with a body"),
        "DELETE requests with a body are refused, as documented",
        (),
        {"seconds": SECONDS},
    ),
    FaultKind(
        *("account_events_late", "order", "Late account events"),
        "account events come late",
        (40,),
        {"ms": Argument(3000, "delay", unit="ms", high=999_999_999), "seconds": SECONDS},
    ),
    FaultKind(
        *("account_events_duplicated", "order", "Account events several times"),
        "account events are sent several times",
        (40,),
        {"copies": Argument(2, "times each is sent", low=2, high=100), "seconds": SECONDS},
    ),
    FaultKind(
        *("account_events_missing", "order", "Lose account events"),
        "every N-th account event is lost",
        (40,),
        {"every": Argument(2, "every N-th", low=1, high=999_999_999), "seconds": SECONDS},
    ),
)

"""The simulated exchange's faults and scenarios in the user's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import metrics_words as words
from upbit_auto_trading.presentation.widgets.fault_drawer import OfferLook, RunningLook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.domain.training import (
        FaultOffer,
        RunningFault,
        RunningScenario,
        ScenarioOffer,
    )

AREAS: Final = ("connection", "stream", "rest", "market", "order")


def area(code: str) -> str:
    """A group of faults."""
    return {
        "connection": _("Connection"),
        "stream": _("Data streams"),
        "rest": _("REST"),
        "market": _("Market and maintenance"),
        "order": _("Orders"),
    }.get(code, code)


def title(offer: FaultOffer) -> str:
    """A fault's name: ours where there is one, else the exchange's own."""
    return _TITLES.get(offer.name, lambda: offer.title)()


def groups(
    offers: Sequence[FaultOffer], running: Sequence[RunningFault]
) -> list[tuple[str, list[OfferLook]]]:
    """The faults by area, in the order of what is asked for most."""
    active = {fault.name for fault in running}
    found = []
    for code in AREAS:
        looks = [
            OfferLook(offer.name, title(offer), offer.summary, offer.name in active)
            for offer in offers
            if offer.area == code
        ]
        if looks:
            found.append((area(code), looks))
    return found


def scenarios(
    offers: Sequence[ScenarioOffer], playing: Sequence[RunningScenario]
) -> list[OfferLook]:
    """The scenarios, those marked that are being played."""
    active = {one.name for one in playing}
    return [
        OfferLook(offer.name, scenario(offer), offer.summary, offer.name in active)
        for offer in offers
    ]


def scenario(offer: ScenarioOffer) -> str:
    """A scenario's name: ours where there is one, else the exchange's own."""
    return _SCENARIOS.get(offer.name, lambda: offer.title)()


def playing(
    running: Sequence[RunningScenario], offers: Sequence[ScenarioOffer]
) -> list[RunningLook]:
    """What is being played, with what is left of it; it ends by itself."""
    titles = {offer.name: scenario(offer) for offer in offers}
    return [
        RunningLook(
            one.name,
            " · ".join(part for part in (titles.get(one.name, one.name), one.market) if part),
            _("{s} left").format(s=words.seconds(round(one.seconds_left))),
            may_end=False,
        )
        for one in running
    ]


def running(faults: Sequence[RunningFault], offers: Sequence[FaultOffer]) -> list[RunningLook]:
    """The faults in force, with what is left of them."""
    by_name = {offer.name: offer for offer in offers}
    looks = []
    for fault in faults:
        offer = by_name.get(fault.name)
        left = (
            _("until you end it")
            if fault.seconds_left is None
            else _("{s} left").format(s=words.seconds(round(fault.seconds_left)))
        )
        looks.append(RunningLook(fault.name, title(offer) if offer else fault.name, left))
    return looks


_TITLES: Final = {
    "close": lambda: _("Close connections"),
    "flap": lambda: _("Drop connections again and again"),
    "handshake_reset": lambda: _("Reset new connections"),
    "handshake_status": lambda: _("Refuse connections"),
    "captive_portal": lambda: _("Login page instead of answers"),
    "outage": lambda: _("Nothing can be reached"),
    "black_hole": lambda: _("Swallow everything silently"),
    "slow_pong": lambda: _("Late pongs"),
    "slow_path": lambda: _("Slow network"),
    "stall": lambda: _("Data stops"),
    "no_status": lambda: _("Status frames stop"),
    "lost_request": lambda: _("Lose subscription requests"),
    "keep_old_set": lambda: _("Ignore subscription requests"),
    "refuse_request": lambda: _("Refuse subscription requests"),
    "format_switch": lambda: _("Switch the format"),
    "duplicate": lambda: _("Send frames several times"),
    "reorder": lambda: _("Shuffle frames"),
    "lose": lambda: _("Lose frames"),
    "no_snapshot": lambda: _("Lose snapshots"),
    "realtime_first": lambda: _("Realtime before snapshot"),
    "stale_snapshot": lambda: _("Old candle as snapshot"),
    "malformed": lambda: _("Damage frames"),
    "wrong_time": lambda: _("Wrong times in frames"),
    "burst": lambda: _("Burst of messages"),
    "too_many_requests": lambda: _("Answer 429: too many requests"),
    "blocked": lambda: _("Answer 418: blocked"),
    "server_error": lambda: _("Errors of the exchange"),
    "hang": lambda: _("Late answers"),
    "slow_body": lambda: _("Trickling answers"),
    "cut_body": lambda: _("Cut answers short"),
    "overlapping_pages": lambda: _("Candle pages overlap"),
    "shared_quota": lambda: _("Another program uses the limit"),
    "delist": lambda: _("Delist a market"),
    "delisting_notice": lambda: _("Announce a delisting"),
    "caution": lambda: _("Flag a market"),
    "tick_change": lambda: _("Change the price unit"),
    "halt": lambda: _("Halt a market"),
    "maintenance": lambda: _("Maintenance"),
}
_SCENARIOS: Final = {
    "normal": lambda: _("Usual day"),
    "quiet": lambda: _("Quiet"),
    "trend": lambda: _("Gentle rise"),
    "decline": lambda: _("Gentle fall"),
    "surge": lambda: _("Surge"),
    "crash": lambda: _("Crash"),
    "sideways": lambda: _("Sideways"),
    "moving-average-cross": lambda: _("Averages cross"),
    "listing-day": lambda: _("Listing day"),
    "recorded": lambda: _("Recorded prices"),
}

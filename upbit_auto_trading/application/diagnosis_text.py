"""A diagnosis in words for the terminal; the window has words of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_VERDICTS: Final = {
    "healthy": "Everything works: names, connection, encryption, every kind of request, live data.",
    "clock_off": "Everything works, but this computer's clock is wrong; set it by the network.",
    "far": "Everything works, but the exchange is far away: each answer takes a long time.",
    "dns": "The name of the exchange can't be looked up. Check the network and its name server.",
    "refused": "The address can't be reached: nobody listens there. Check the address.",
    "tls": "The encrypted connection fails. Something between may interfere with it.",
    "certificate": "The certificate isn't valid. A wrong clock is the usual cause; "
    "otherwise something stands between. Nothing is sent until it is valid.",
    "not_upbit": "Something else answers in the exchange's place: sign in to the network, "
    "or switch the proxy off.",
    "not_the_websocket": "Requests work, but what answers at the WebSocket's address isn't one. "
    "Check that address; a proxy may also answer in its place.",
    "banned": "The exchange has blocked requests from this network for a while. Wait.",
    "rate_limited": "Too many requests go out from this network. Close other programs that use it.",
    "websocket_blocked": "Requests work, but the live connection can't be reached. "
    "A proxy or firewall may refuse WebSocket.",
    "rest_blocked": "The live connection works, but requests can't be reached.",
    "unreachable": "The exchange can't be reached at all.",
    "rest_incomplete": "Not every kind of request is answered.",
    "listing_differs": "The exchange sends something else than what it was asked for.",
    "silent": "The connection is open, but no data comes.",
}


def verdict_line(diagnosis: Mapping[str, Any]) -> str:
    """What it comes to, in a sentence, with the figures that matter."""
    text = _VERDICTS.get(str(diagnosis["verdict"]), str(diagnosis["verdict"]))
    facts = {step["name"]: step["facts"] for step in diagnosis["steps"]}
    figures = []
    rtt, offset = facts.get("swap", {}).get("rtt_ms"), facts.get("clock", {}).get("offset_ms")
    if rtt is not None:
        figures.append(f"round trip {rtt:.0f} ms")
    if offset is not None:
        figures.append(f"clock {offset:+.0f} ms")
    return f"{text} ({', '.join(figures)})" if figures else text


def step_line(step: Mapping[str, Any]) -> str:
    """One step: its name, whether it worked, how long it took, what was found."""
    facts = ", ".join(f"{name} {_shown(value)}" for name, value in step["facts"].items())
    outcome = "ok" if step["ok"] else "FAILED"
    return f"{step['name']:<14} {outcome:<6} {step['ms']:8.1f} ms  {facts}"


def failure_line(diagnosis: Mapping[str, Any]) -> str:
    """The first step that failed and the system's own words for it."""
    failed = next((step for step in diagnosis["steps"] if not step["ok"]), None)
    if failed is None:
        return "no step was made"
    return f"{failed['name']} {failed['facts'].get('detail')}"


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}"
    if isinstance(value, dict):
        return " ".join(f"{name}={_shown(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return " ".join(map(_shown, value))
    return str(value)

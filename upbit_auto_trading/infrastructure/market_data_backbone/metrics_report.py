"""Puts everything measured into one plain dictionary."""

from dataclasses import asdict
from typing import Any

from upbit_auto_trading.infrastructure.clock import Clock
from upbit_auto_trading.infrastructure.market_data_backbone import (
    subscription_performance_monitor as performance,
)
from upbit_auto_trading.infrastructure.market_data_backbone.live_feed import LiveFeed
from upbit_auto_trading.infrastructure.market_data_backbone.smart_router import SmartRouter
from upbit_auto_trading.infrastructure.market_data_backbone.subscription_predictor import (
    SubscriptionPredictor,
)
from upbit_auto_trading.infrastructure.market_data_backbone.volume_audit import VolumeFigures
from upbit_auto_trading.infrastructure.upbit.rest_client import UpbitRestClient


def report(
    feed: LiveFeed,
    router: SmartRouter,
    client: UpbitRestClient,
    predictor: SubscriptionPredictor,
    volumes: VolumeFigures,
    clock: Clock,
) -> dict[str, Any]:
    """Return the snapshot `get_performance_metrics` gives; None where nothing was measured."""
    now = clock.monotonic()
    manager, monitor = feed.manager, feed.monitor
    fallback = router.fallback.figures
    clock_offset = feed.exchange_time.offset()
    return {
        "swaps": performance.swap_figures(feed.swaps.figures),
        "streams": monitor.stream_figures(now)
        | {
            "connection": feed.connection_state.value,
            "epoch": feed.socket.epoch,
            "rtt_ms": None if feed.socket.rtt_s is None else feed.socket.rtt_s * 1000,
            "clock_offset_ms": clock_offset.ms,
            "clock_is_off": clock_offset.is_off,
            "mistimed_streams": sorted(map(str, feed.states.mistimed)),
            "standby": feed.sockets.standby.state.value,
            "promotions": feed.sockets.promotions,
            "held": len(manager.held),
            "wanted": len(manager.wanted),
            "sent": len(manager.sent),
            "refused": sorted(map(str, manager.refused | manager.isolated)),
            "quarantined": sorted(feed.untrusted.quarantine.channels),
            "quarantines": dict(feed.untrusted.quarantine.counts),
            "carried_by_rest": feed.untrusted.carrier.delivered,
            "volumes": asdict(volumes),
            "incomplete": sorted(map(str, feed.repair.gaps.open)),
            "by_stream": {
                str(live.stream): {
                    "state": feed.states.of(live.stream).value,
                    "received": live.arrivals,
                    "age_s": None if live.last_at is None else now - live.last_at,
                    "per_s": None if not live.gap_s else 1.0 / live.gap_s,
                    "duplicates": live.duplicates,
                    "stale": live.stale,
                    "complete": live.complete,
                }
                for live in feed.store
            },
        },
        "decisions": monitor.decision_figures(),
        "fallbacks": {
            "by_cause": dict(fallback.by_cause),
            "added_ms": monitor.fallback_added_ms.figures(),
            "hedges_sent": fallback.hedges_sent,
            "hedges_won_by_rest": fallback.hedges_won,
            "returns_to_websocket": fallback.returns,
        },
        "caches": {"by_level": {k.value: n for k, n in router.caches.by_level.items()}},
        "budgets": {
            "socket_messages_left_this_minute": manager.messages_left(now),
            "socket_requests": manager.counters.requests,
            "coalesced_changes": manager.counters.coalesced,
            "repeated_requests": manager.counters.repeated,
            "rest": {
                name: {
                    "allowed_per_s": budget.allowed(now),
                    "remaining": budget.remaining,
                    "limited": budget.limited,
                }
                for name, budget in client.budgets.items()
            },
            "banned_for_s": client.banned_for_s,
        },
        "predictions": asdict(predictor.figures) | {"is_off": predictor.is_off},
        "degradations": {
            "by_kind": dict(monitor.degradations),
            "reaction_ms": monitor.reaction_ms.figures(),
            "timeline": [{"at": one.at, "what": one.what, **one.facts} for one in monitor.timeline],
        },
        "requests": {
            "by_outcome": dict(monitor.requests),
            "ms": monitor.request_ms.figures(),
            "rest_sent": client.counters.sent,
            "rest_answered": client.counters.answered,
            "rest_retried": client.counters.retried,
            "rest_failures": dict(client.counters.failures),
            "rest_last_ms": client.counters.last_ms,
        },
        "loop": {"lag_ms": monitor.loop_lag.figures()},
    }

"""Every duration of the market data path in one value, so that tests can scale them together."""

from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Timings:
    """Durations in seconds."""

    connect_timeout: float = 5.0
    close_timeout: float = 0.5
    ping_interval: float = 10.0
    pong_timeout: float = 5.0
    clock_jump: float = 5.0
    backoff_first: float = 0.5
    backoff_highest: float = 15.0
    dns_highest: float = 1.8
    dns_retry: float = 1.0
    lasting_connection: float = 2.0
    refused_delay: float = 1.0
    untrusted_delay: float = 30.0

    rest_connect_timeout: float = 2.0
    rest_read_timeout: float = 2.5
    rest_deadline: float = 5.0
    rest_retry_delays: tuple[float, float] = (0.1, 0.3)
    rest_outage_delays: tuple[float, float] = (0.3, 2.5)
    ban_default: float = 60.0

    connection_lifetime: float = 23 * 3600.0
    handover_timeout: float = 2.0

    first_frame_timeout: float = 1.0
    guess_delay: float = 0.5
    release_linger: float = 0.3
    list_interval: float = 300.0

    answer_timeouts: tuple[float, float, float] = (0.2, 0.5, 1.0)
    cache_fresh: float = 1.0
    cache_ttl: float = 30.0
    transition_ttl: float = 10.0
    market_list_ttl: float = 50.0

    watch_interval: float = 0.25
    stall_lowest: float = 3.0
    stall_highest: float = 60.0
    stall_grace: float = 1.0
    active_gap: float = 10.0
    quiet_probe_interval: float = 30.0
    volume_grace: float = 2.0
    quarantine_window: float = 10.0
    quarantine_length: float = 30.0
    carry_interval: float = 1.0

    def scaled(self, factor: float) -> "Timings":
        """Return the same timings, every one times `factor`."""
        values: dict[str, Any] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            values[one.name] = (
                tuple(part * factor for part in value)
                if isinstance(value, tuple)
                else value * factor
            )
        return replace(self, **values)

"""What the backbone may do and how long it takes for it, in one value."""

from dataclasses import dataclass, field
from pathlib import Path

from upbit_auto_trading.infrastructure.clock import SYSTEM_CLOCK, Clock
from upbit_auto_trading.infrastructure.upbit.rate_limit import GroupLimits, MessageLimits
from upbit_auto_trading.infrastructure.upbit.timings import Timings


@dataclass(frozen=True, slots=True)
class Policy:
    """The backbone's settings.

    `standby` keeps a second socket connected; `predict` subscribes ahead to what the user is
    expected to open; `longest_history` bounds the candles of one
    request. With `ca_file` (PEM) certificates are checked against the authorities in it instead
    of the system's; unchecked they never are.
    """

    timings: Timings = field(default_factory=Timings)
    message_limits: MessageLimits = field(default_factory=MessageLimits)
    group_limits: GroupLimits = field(default_factory=GroupLimits)
    clock: Clock = SYSTEM_CLOCK
    standby: bool = True
    predict: bool = True
    longest_history: int = 1_000_000
    ca_file: Path | None = None

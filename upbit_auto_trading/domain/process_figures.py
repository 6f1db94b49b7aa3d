"""What the program takes of the machine."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProcessFigures:
    """At one moment; None where the system doesn't tell. `cpu_s` counts from the start."""

    cpu_s: float
    threads: int
    resident_mb: float | None = None
    sockets: int | None = None

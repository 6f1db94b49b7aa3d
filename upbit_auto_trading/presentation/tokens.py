"""The one table of colours: two themes, three direction schemes, and the mixes made of them."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class ThemeName(StrEnum):
    """The two themes."""

    DARK = "dark"
    LIGHT = "light"


class DirectionScheme(StrEnum):
    """Which colours rising and falling prices have."""

    KOREAN = "korean"
    WESTERN = "western"
    COLOUR_BLIND = "colour_blind"


# Each token's value in the dark and in the light theme.
_PALETTE: Final[dict[str, tuple[str, str]]] = {
    "bg0": ("#0E1116", "#E6EAF0"),
    "bg1": ("#141920", "#FFFFFF"),
    "bg2": ("#1A2028", "#F3F5F8"),
    "bg3": ("#242D38", "#E1E7F0"),
    "line": ("#252D37", "#DAE0E8"),
    "line2": ("#3A4656", "#B4BFCC"),
    "acc-bg": ("#22264A", "#E6E8FC"),
    "text-1": ("#E8ECF1", "#17202B"),
    "text-2": ("#AEB8C5", "#434F5E"),
    "text-3": ("#8894A4", "#5C6877"),
    "acc": ("#98A0FF", "#444DCC"),
    "acc-fill": ("#5660DB", "#4A53D6"),
    "on-fill": ("#FFFFFF", "#FFFFFF"),
    "even": ("#AEB8C5", "#434F5E"),
    "good": ("#48BC87", "#14704A"),
    "good-bg": ("#14291F", "#E2F4EB"),
    "warn": ("#E5AE42", "#875A00"),
    "warn-bg": ("#302613", "#FBF0D6"),
    "bad": ("#FF6672", "#C21B37"),
    "bad-bg": ("#3A1A20", "#FCE6E9"),
    "off": ("#8894A4", "#5C6877"),
    "entry": ("#3FBDD4", "#0A7085"),
    "scale-in": ("#C491F6", "#763ABD"),
    "exit": ("#ABCE59", "#506D0A"),
    "risk": ("#FF72A4", "#BD1659"),
    "management": ("#A6B6CB", "#4C5E76"),
    "group-and": ("#7FA8D9", "#2F5F96"),
    "group-or": ("#D9A77F", "#8A4B12"),
    "group-not": ("#D98FA8", "#9A3460"),
    "group-count": ("#A6B6CB", "#4C5E76"),
    "training-tag": ("#E5AE42", "#E5AE42"),
    "training-tag-hatch": ("#C59638", "#C59638"),
    "training-text": ("#191204", "#191204"),
    "training-bar": ("#2E2511", "#FBEFD0"),
    "training-bar-hatch": ("#231D10", "#F6E5B8"),
    "paper-tag": ("#12796C", "#0E7C6E"),
    "paper-bar": ("#162F33", "#D8EAE8"),
    "live-tag": ("#C8102E", "#C8102E"),
    "live-bar": ("#311822", "#F8E2E6"),
    "grid": ("#1E252E", "#EBEFF4"),
    "average-20": ("#E9D18B", "#7E5C00"),
    "average-60": ("#6CC5B6", "#11705F"),
    "rsi": ("#C3A6FF", "#763ABD"),
    "line-orange": ("#F0A868", "#934D00"),
    "line-green": ("#8FCB6B", "#3F6D10"),
    "line-pink": ("#F092C4", "#B01C6E"),
    "line-cyan": ("#62CBE6", "#0B6A86"),
    "line-sand": ("#C9B79C", "#6B5636"),
    "line-grey": ("#B4BFCC", "#4F5B6A"),
    "crosshair": ("#AEB8C5", "#434F5E"),
}

_RED: Final = {
    "": ("#F27A70", "#B8342B"),
    "-fill": ("#D24F45", "#D24F45"),
    "-pen": ("#E4675D", "#C7443A"),
    "-solid": ("#C4443B", "#C4443B"),
    "-bg": ("#2B1D1F", "#FCEDEB"),
}
_BLUE: Final = {
    "": ("#6FA6F7", "#1261C4"),
    "-fill": ("#1261C4", "#1261C4"),
    "-pen": ("#3F86E8", "#0F55AC"),
    "-solid": ("#1261C4", "#1261C4"),
    "-bg": ("#15233A", "#E9F1FB"),
}
_GREEN: Final = {
    "": ("#45C08A", "#0F7048"),
    "-fill": ("#1F9D68", "#1B8A5A"),
    "-pen": ("#34B47E", "#0F7048"),
    "-solid": ("#14774C", "#14774C"),
    "-bg": ("#12291F", "#E3F4EC"),
}
_ORANGE: Final = {
    "": ("#F5A25D", "#964A00"),
    "-fill": ("#E07B1F", "#D06A0C"),
    "-pen": ("#F09243", "#A85200"),
    "-solid": ("#A85200", "#A85200"),
    "-bg": ("#2E2115", "#FDF0E2"),
}
_DIRECTIONS: Final = {
    DirectionScheme.KOREAN: (_RED, _BLUE),
    DirectionScheme.WESTERN: (_GREEN, _RED),
    DirectionScheme.COLOUR_BLIND: (_ORANGE, _BLUE),
}

# Each mix: its part, what it is mixed onto, its share in the dark and in the light theme.
_MIXES: Final[dict[str, tuple[str, str, float, float]]] = {
    "volume-up": ("up-fill", "bg1", 0.62, 0.62),
    "volume-down": ("down-fill", "bg1", 0.62, 0.62),
    "rsi-high-zone": ("up-fill", "bg1", 0.10, 0.07),
    "rsi-low-zone": ("down-fill", "bg1", 0.10, 0.07),
    "rsi-limit": ("text-3", "bg1", 0.75, 0.75),
    "ask-bar": ("down-pen", "down-bg", 0.26, 0.26),
    "ask-sum-bar": ("down-pen", "down-bg", 0.13, 0.13),
    "bid-bar": ("up-pen", "up-bg", 0.26, 0.26),
    "bid-sum-bar": ("up-pen", "up-bg", 0.13, 0.13),
    "trailing-zero": ("text-3", "bg1", 0.6, 0.6),
    **{
        f"gain-{side}-{step}": (f"{side}-fill", "bg1", share, share)
        for side in ("up", "down")
        for step, share in ((1, 0.06), (2, 0.13), (3, 0.19), (4, 0.25))
    },
    "equity-fill": ("acc", "bg1", 0.10, 0.10),
    "drawdown-fill": ("down-pen", "bg1", 0.22, 0.22),
    "heat-good-1": ("good", "bg1", 0.32, 0.32),
    "heat-good-2": ("good", "bg1", 0.5, 0.5),
    "heat-warn": ("warn", "bg1", 0.5, 0.5),
    "heat-bad": ("bad", "bg1", 0.6, 0.6),
    "gap-hatch": ("warn", "bg1", 0.28, 0.28),
    "good-line": ("good", "bg1", 0.5, 0.5),
    "warn-line": ("warn", "bg1", 0.5, 0.5),
    "bad-line": ("bad", "bg1", 0.5, 0.5),
    "entry-bg": ("entry", "bg1", 0.25, 0.14),
    "entry-line": ("entry", "bg1", 0.5, 0.5),
    "scale-in-bg": ("scale-in", "bg1", 0.25, 0.14),
    "scale-in-line": ("scale-in", "bg1", 0.5, 0.5),
    "exit-bg": ("exit", "bg1", 0.25, 0.14),
    "exit-line": ("exit", "bg1", 0.5, 0.5),
    "risk-bg": ("risk", "bg1", 0.25, 0.14),
    "risk-line": ("risk", "bg1", 0.5, 0.5),
    "management-bg": ("management", "bg1", 0.25, 0.14),
    "management-line": ("management", "bg1", 0.5, 0.5),
    "group-and-bg": ("group-and", "bg1", 0.05, 0.05),
    "group-and-line": ("group-and", "bg1", 0.5, 0.5),
    "group-or-bg": ("group-or", "bg1", 0.05, 0.05),
    "group-or-line": ("group-or", "bg1", 0.5, 0.5),
    "group-not-bg": ("group-not", "bg1", 0.05, 0.05),
    "group-not-line": ("group-not", "bg1", 0.5, 0.5),
    "group-count-bg": ("group-count", "bg1", 0.05, 0.05),
    "group-count-line": ("group-count", "bg1", 0.5, 0.5),
    "acc-line": ("acc", "bg1", 0.5, 0.5),
}


def mix(a: str, b: str, share: float) -> str:
    """Return `share` of `a` and the rest of `b`, per 8-bit channel; `#RRGGBB` in and out."""
    pairs = zip(_channels(a), _channels(b), strict=True)
    return "#" + "".join(f"{round(share * x + (1 - share) * y):02X}" for x, y in pairs)


def contrast(a: str, b: str) -> float:
    """Return the WCAG 2 contrast ratio of two `#RRGGBB` colours, 1 to 21."""
    dark, light = sorted((_luminance(a), _luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def resolve(theme: ThemeName, scheme: DirectionScheme) -> Mapping[str, str]:
    """Return every token of `theme` with its `#RRGGBB` value, mixes included."""
    side = 0 if theme is ThemeName.DARK else 1
    table = {token: pair[side] for token, pair in _PALETTE.items()}
    for name, colours in zip(("up", "down"), _DIRECTIONS[scheme], strict=True):
        table |= {name + part: pair[side] for part, pair in colours.items()}
    for token, (part, onto, *shares) in _MIXES.items():
        table[token] = mix(table[part], table[onto], shares[side])
    return MappingProxyType(table)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

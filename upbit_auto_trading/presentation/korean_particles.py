"""Korean particles: which form fits a word, by how its end is read aloud."""

from __future__ import annotations

import re
from typing import Final

# The jongseong of the last syllable as it is spoken: none, rieul, or another.
_NONE: Final = ""
_RIEUL: Final = "ㄹ"
_OTHER: Final = "ㅁ"

# 영 일 이 삼 사 오 육 칠 팔 구; a trailing 0 is read 영, 십, 백, 천 or 만, all with a consonant.
_DIGITS: Final = dict(
    zip(
        "0123456789",
        (_OTHER, _RIEUL, _NONE, _OTHER, _NONE, _NONE, _OTHER, _RIEUL, _RIEUL, _NONE),
        strict=True,
    )
)
# Letters of an abbreviation are read by their names: 엘 엠 엔 알 end in a consonant.
_LETTERS: Final = {"L": _RIEUL, "M": _OTHER, "N": _OTHER, "R": _RIEUL}
_BRACKETED: Final = re.compile(r"(?<=\S)\s*\([^()]*\)$")
_SILENT: Final = " )]}'\"’”」』·.,…!?~-–—"
_PAIRS: Final = frozenset({"이/가", "을/를", "은/는", "과/와", "으로/로", "이에요/예요", "이라/라"})


def has_particle(pair: str) -> bool:
    """Whether `pair` is one of the pairs known here, such as `이/가`."""
    return pair in _PAIRS


def particle(word: str, pair: str) -> str:
    """Return the member of `pair` that follows `word`: `particle("거래량", "이/가")` is `이`.

    What stands in brackets at the end isn't read: `RSI(14)` takes 가. Where the reading of a
    foreign word can't be told from its letters both forms are given, `을(를)`.
    """
    closed, bare = pair.split("/")
    final = _final(word)
    if final is None:
        return f"{closed}({bare})"
    if pair == "으로/로":
        return closed if final == _OTHER else bare
    return closed if final else bare


def _final(word: str) -> str | None:
    spoken = word.rstrip()
    while (shorter := _BRACKETED.sub("", spoken)) != spoken:
        spoken = shorter
    spoken = spoken.rstrip(_SILENT)
    if not spoken:
        return _NONE
    last = spoken[-1]
    if "가" <= last <= "힣":
        jongseong = (ord(last) - ord("가")) % 28
        return _NONE if jongseong == 0 else (_RIEUL if jongseong == 8 else _OTHER)
    if last in _DIGITS:
        return _DIGITS[last]
    if last == "%":
        return _NONE
    if last.isascii() and last.isalpha():
        return _latin(spoken)
    return None


def _latin(spoken: str) -> str | None:
    found = re.search(r"[A-Za-z]+$", spoken)
    run = found[0] if found else ""
    if run.isupper():
        return _LETTERS.get(run[-1], _NONE)
    lower = run.lower()
    if lower[-1] in "aeiouy":
        # A silent e leaves the reading open: 라인, 테이프.
        return None if lower[-1] == "e" else _NONE
    if lower[-1] == "l":
        return _RIEUL
    return _OTHER if lower[-1] in "mn" or lower.endswith("ng") else None

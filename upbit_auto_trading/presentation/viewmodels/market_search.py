"""Finding a market by Korean name, English name, code or initial consonants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from upbit_auto_trading.domain.market import MarketInfo

_INITIALS: Final = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_FIRST_SYLLABLE: Final = ord("가")
_LAST_SYLLABLE: Final = ord("힣")
_SYLLABLES_PER_INITIAL: Final = 588


def initials_of(text: str) -> str:
    """Return `text` with every Hangul syllable replaced by its first consonant."""
    return "".join(
        _INITIALS[(ord(c) - _FIRST_SYLLABLE) // _SYLLABLES_PER_INITIAL]
        if _FIRST_SYLLABLE <= ord(c) <= _LAST_SYLLABLE
        else c
        for c in text
    )


@dataclass(frozen=True, slots=True)
class SearchKey:
    """What a market is found by, prepared once."""

    korean: str
    initials: str
    english: str
    base: str
    code: str

    @classmethod
    def of(cls, info: MarketInfo) -> SearchKey:
        korean = info.korean_name.casefold().replace(" ", "")
        return cls(
            korean,
            initials_of(korean),
            info.english_name.casefold(),
            info.base.casefold(),
            info.market.casefold(),
        )

    def rank(self, query: str) -> int | None:
        """How well a folded query fits: 0 best, None not at all.

        A Korean query may mix syllables and initial consonants: `빝ㅋ` fits nothing, `비ㅌ` fits
        비트코인.
        """
        if not query:
            return 0
        if query in (self.base, self.code):
            return 0
        for place, text in enumerate((self.base, self.korean, self.english)):
            if text.startswith(query):
                return 1 + place
        at = self.found_at(query)
        if at is not None:
            return 4 if at[0] == 0 else 5
        if query in self.base or query in self.english or query in self.code:
            return 6
        return None

    def found_at(self, query: str) -> tuple[int, int] | None:
        """Where in the Korean name a query stands: start and length."""
        if not query:
            return None
        for start in range(len(self.korean) - len(query) + 1):
            if all(
                wanted in (self.korean[start + i], self.initials[start + i])
                for i, wanted in enumerate(query)
            ):
                return start, len(query)
        return None


def folded(query: str) -> str:
    """Return a typed query in the form search keys are compared in."""
    return query.casefold().replace(" ", "")

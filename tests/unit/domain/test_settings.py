import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.domain.settings import (
    LANGUAGES,
    MOST_FAVOURITES,
    SCHEMES,
    THEMES,
    InvalidSettingError,
    Settings,
    SettingsTrouble,
    WindowPlace,
    plain_value,
    settings_of,
)

MARKETS = st.from_regex(r"\A(KRW|BTC|USDT)-[A-Z]{2,6}\Z")
PLACES = st.builds(
    WindowPlace,
    st.integers(-40_000, 40_000),
    st.integers(-40_000, 40_000),
    st.integers(200, 20_000),
    st.integers(200, 20_000),
    st.booleans(),
)


@given(
    st.builds(
        Settings,
        language=st.sampled_from(LANGUAGES),
        theme=st.sampled_from(THEMES),
        scheme=st.sampled_from(SCHEMES),
        scale=st.integers(100, 200),
        reduced_motion=st.booleans(),
        market=MARKETS,
        timeframe=st.sampled_from(["1s", "1m", "4h", "1d", "1M"]),
        window=st.none() | PLACES,
        rail_is_narrow=st.booleans(),
        favourites=st.lists(MARKETS, unique=True, max_size=9).map(tuple),
    )
)
def test_settings_come_back_from_plain_data_as_they_were(settings: Settings) -> None:
    plain = {one.name: plain_value(getattr(settings, one.name)) for one in fields(Settings)}
    again, problems = settings_of(json.loads(json.dumps(plain)))
    assert again == settings
    assert problems == []


@pytest.mark.parametrize(
    ("name", "value", "limit"),
    [
        ("language", "fr", "ko, en"),
        ("theme", "blue", "dark, light"),
        ("scheme", None, "korean, western, colour_blind"),
        ("scale", 99, "100 to 200"),
        ("scale", 200.5, "100 to 200"),
        ("scale", True, "100 to 200"),
        ("reduced_motion", 1, "true or false"),
        ("market", "BTC", "KRW-BTC"),
        ("market", 7, "KRW-BTC"),
        ("timeframe", "7m", "Upbit"),
        ("timeframe", None, "Upbit"),
        ("window", {"x": 0, "y": 0, "width": 10, "height": 900}, "200 to 20000"),
        ("window", {"x": 0}, "place and a size"),
        ("window", [1, 2], "place and a size"),
        ("favourites", ["KRW-BTC", "KRW-BTC"], "once"),
        ("favourites", "KRW-BTC", str(MOST_FAVOURITES)),
        ("favourites", ["nonsense"], "KRW-BTC"),
    ],
)
def test_a_value_outside_its_limit_is_named_with_it_and_costs_only_itself(
    name: str, value: Any, limit: str
) -> None:
    kept: dict[str, Any] = {"language": "en", "scale": 150}
    settings, problems = settings_of({**kept, name: value})
    assert getattr(settings, name) == getattr(Settings(), name)
    (problem,) = problems
    assert problem.trouble is SettingsTrouble.INVALID
    assert name in problem.detail
    assert limit in problem.detail
    untouched = kept.keys() - {name}
    assert {n: getattr(settings, n) for n in untouched} == {n: kept[n] for n in untouched}


def test_too_many_favourites_are_refused() -> None:
    many = tuple(f"KRW-A{n}" for n in range(MOST_FAVOURITES + 1))
    with pytest.raises(InvalidSettingError, match=str(MOST_FAVOURITES)) as caught:
        Settings(favourites=many)
    assert caught.value.name == "favourites"

import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.domain.settings import (
    BOOK_LEVELS,
    COACH_STEPS,
    LANGUAGES,
    MOST_FAVOURITES,
    PATIENCE,
    SCHEMES,
    SHIPPED_LAYOUTS,
    START_SCREENS,
    THEMES,
    InvalidSettingError,
    NamedLayout,
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
PRINTABLE = st.text(st.characters(codec="utf-8").filter(str.isprintable), max_size=30)
LAYOUTS = st.builds(
    NamedLayout,
    PRINTABLE.filter(lambda name: bool(name.strip()) and name not in SHIPPED_LAYOUTS),
    PRINTABLE,
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
        layouts=st.lists(LAYOUTS, unique_by=lambda one: one.name, max_size=4).map(tuple),
        layout=st.sampled_from(SHIPPED_LAYOUTS),
        arrangement=PRINTABLE,
        coach_done=st.lists(st.sampled_from(COACH_STEPS), unique=True).map(tuple),
        coach_is_closed=st.booleans(),
        start_screen=st.sampled_from(START_SCREENS),
        book_levels=st.sampled_from(BOOK_LEVELS),
        book_grouping=st.integers(1, 1000),
        patience=st.sampled_from(PATIENCE),
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
        ("layouts", [{"name": "default", "state": ""}], "a name of its own"),
        ("layouts", [{"name": " ", "state": ""}], "a name of its own"),
        ("layouts", [{"name": "a", "state": "x" * 20_001}], "20000 printable"),
        ("layouts", [{"name": "a", "state": ""}, {"name": "a", "state": ""}], "each name once"),
        ("layouts", [{"nom": "a"}], "names with their arrangements"),
        ("layouts", "a", "arrangements"),
        ("layout", 7, "printable"),
        ("arrangement", "a\x00b", "printable"),
        ("coach_done", ["market", "moon"], "market, rules"),
        ("coach_is_closed", None, "true or false"),
        ("start_screen", "moon", "chart, market"),
        ("book_levels", 16, "15, 30"),
        ("book_levels", True, "15, 30"),
        ("book_grouping", 0, "1 to"),
        ("patience", "never", "short, usual"),
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

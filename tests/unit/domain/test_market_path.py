import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.domain.market_path import BLOCK, SeededPath, daily_rhythm
from upbit_auto_trading.domain.seeded_noise import keys_from, stream_key, uniform, uniforms

MINUTE = 29_900_000
VOLATILITY = 0.0006


def path(seed: int = 1) -> SeededPath:
    return SeededPath("BTC", seed, VOLATILITY, 1 << 19)


@given(
    seed=st.integers(0, 2**32),
    first=st.integers(MINUTE, MINUTE + 10_000),
    count=st.integers(1, 500),
    skip=st.integers(0, 400),
)
def test_any_part_of_a_path_asked_for_alone_is_the_same(
    seed: int, first: int, count: int, skip: int
) -> None:
    whole = path(seed).minutes(first, count + skip)
    part = path(seed).minutes(first + skip, count)
    assert (part.log_price == whole.log_price[skip : skip + count + 1]).all()
    assert (part.pace == whole.pace[skip : skip + count]).all()


@given(seed=st.integers(0, 2**32), first=st.integers(MINUTE // BLOCK, MINUTE // BLOCK + 5000))
def test_minutes_stay_within_reach_of_the_line_between_their_blocks_ends(
    seed: int, first: int
) -> None:
    one = path(seed)
    coarse = one.coarse(first, first + 8)
    minutes = one.minutes(first * BLOCK, 8 * BLOCK)
    pace = np.maximum(coarse.pace[:-1], coarse.pace[1:])
    steps = np.arange(BLOCK) / BLOCK
    line = coarse.log_price[:-1, None] + np.diff(coarse.log_price)[:, None] * steps
    away = np.abs(minutes.log_price[:-1].reshape(8, BLOCK) - line)
    assert (away <= one.reach() * pace[:, None]).all()


def finer(values: np.ndarray, pace: np.ndarray, key: int, first: int, size: float) -> np.ndarray:
    """Return a lattice of half the spacing: between its points and of noise of its own."""
    points = np.arange(2 * len(values) - 1)
    between = np.interp(points / 2, points[::2] / 2, values)
    noise = uniforms(key, first + points) - 0.5
    finer: np.ndarray = between + noise * size * pace
    return finer


@given(seed=st.integers(0, 2**32), first=st.integers(MINUTE // BLOCK, MINUTE // BLOCK + 5000))
def test_minutes_are_lattices_one_upon_the_other(seed: int, first: int) -> None:
    """The whole is made of all levels at once; here each is made by itself."""
    one = path(seed)
    coarse = one.coarse(first, first + 1)
    key, shift = stream_key("price", seed, "BTC"), (stream_key("shift", seed, "BTC") >> 40) & 0xFFFF
    pace = coarse.pace[0] + (coarse.pace[1] - coarse.pace[0]) * (np.arange(BLOCK + 1) / BLOCK)
    values = coarse.log_price
    for level in range(5, -1, -1):
        size = VOLATILITY / 6**0.5 * 12**0.5 * 2 ** (level / 2) * (2**0.25 if level == 0 else 1)
        number = (first + shift) * (BLOCK >> level)
        values = finer(values, pace[:: 1 << level], key + level, number, size)
    made = one.minutes(first * BLOCK, BLOCK)
    assert np.allclose(made.log_price, values, rtol=0, atol=1e-12)
    assert (made.pace == pace[:-1]).all()


def test_a_path_wanders_like_a_market() -> None:
    moves = [path(seed).minutes(MINUTE, 60 * 1440) for seed in range(6)]
    steps = np.concatenate([np.diff(piece.log_price) for piece in moves])
    size = np.abs(steps)
    assert 0.6 * VOLATILITY < steps.std() < 1.6 * VOLATILITY
    assert abs(np.corrcoef(steps[1:], steps[:-1])[0, 1]) < 0.2
    assert np.corrcoef(size[1:], size[:-1])[0, 1] > 0.15
    assert (steps**4).mean() / (steps**2).mean() ** 2 > 4.0
    days = np.concatenate([np.diff(piece.log_price[::1440]) for piece in moves])
    assert 0.5 < days.std() / (steps.std() * 1440**0.5) < 1.5


def test_two_names_or_seeds_are_two_paths() -> None:
    pieces = [
        SeededPath(name, seed, VOLATILITY, 1 << 19).minutes(MINUTE, 5000).log_price
        for name, seed in (("BTC", 1), ("BTC", 2), ("ETH", 1))
    ]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        steps = np.corrcoef(np.diff(pieces[one]), np.diff(pieces[other]))
        assert abs(steps[0, 1]) < 0.1


def test_the_utc_days_ends_are_its_busiest_hours() -> None:
    rhythm = daily_rhythm(np.arange(1440)).reshape(24, 60).mean(axis=1)
    assert rhythm[0] > 2 * rhythm[12]
    assert rhythm[23] > 2 * rhythm[11]
    assert abs(rhythm.mean() - 1.0) < 0.05


@given(st.integers(0, 2**64 - 1), st.integers(-(2**40), 2**40))
def test_one_draw_equals_the_same_draw_of_an_array(key: int, index: int) -> None:
    assert uniform(key, index) == uniforms(key, np.array([index]))[0]


def test_keys_are_the_same_in_every_process() -> None:
    assert stream_key("price", 1, "BTC") == 11383402021300684906
    assert stream_key("a", "bc") != stream_key("ab", "c")
    assert stream_key(1) != stream_key("1")


@given(key=st.integers(0, 2**64 - 4), index=st.integers(0, 2**40))
def test_keys_of_an_array_are_the_keys_one_by_one(key: int, index: int) -> None:
    keys = keys_from(key, np.arange(3))
    indexes = np.array([index, index + 1, index + 2])
    made = uniforms(keys, indexes)
    assert made.tolist() == [uniform(key + number, index + number) for number in range(3)]

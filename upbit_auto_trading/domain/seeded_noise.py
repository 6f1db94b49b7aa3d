"""Counter-based random numbers: the n-th draw of a stream is a function of (key, n).

Nothing is drawn in sequence, so any order of questions gives the same answers. The mixing is
the finaliser of splitmix64 (Steele, Lea and Flood, 2014).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_MASK: Final = (1 << 64) - 1
_UNIT: Final = 2.0**-53
_HALF_UNIT: Final = 2.0**-32
_S30, _S27, _S31, _S11, _S32 = (np.uint64(shift) for shift in (30, 27, 31, 11, 32))
_LOW_HALF: Final = np.uint64(0xFFFFFFFF)


def stream_key(*parts: int | str) -> int:
    """Return the 64-bit key of the stream named by `parts`, the same in every process."""
    key = 0x243F6A8885A308D3
    for part in parts:
        text = part if isinstance(part, str) else f"#{part}"
        for byte in text.encode():
            key = ((key ^ byte) * 0x100000001B3) & _MASK
        key = _mixed(key)
    return key


def keys_from(key: int, offsets: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return the keys that lie so far behind `key`."""
    return np.uint64(key & _MASK) + offsets.astype(np.uint64)


def _mixed(value: int) -> int:
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def hashes(key: int | NDArray[np.uint64], indexes: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return one 64-bit hash per index, shaped like `indexes` and an array of keys together."""
    values = indexes.astype(np.uint64)
    values *= _STEP
    values = values + (np.uint64(key) if isinstance(key, int) else key)
    values ^= values >> _S30
    values *= _FIRST
    values ^= values >> _S27
    values *= _SECOND
    values ^= values >> _S31
    return values


def uniforms(key: int | NDArray[np.uint64], indexes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return one number in [0, 1) per index, shaped like `hashes`."""
    return (hashes(key, indexes) >> _S11).astype(np.float64) * _UNIT


def uniform_pairs(
    key: int | NDArray[np.uint64], indexes: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return two independent numbers in (0, 1) per index, of 32 bits each."""
    values = hashes(key, indexes)
    upper = (values >> _S32).astype(np.float64)
    lower = (values & _LOW_HALF).astype(np.float64)
    upper += 0.5
    lower += 0.5
    upper *= _HALF_UNIT
    lower *= _HALF_UNIT
    return upper, lower


def uniform(key: int, index: int) -> float:
    """Return the number in [0, 1) of one index, equal to `uniforms` of it."""
    return (_mixed((key + index * 0x9E3779B97F4A7C15) & _MASK) >> 11) * _UNIT

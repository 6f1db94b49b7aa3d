import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.domain.chart_drawing import (
    Drawing,
    DrawingKind,
    DrawnPoint,
    InvalidDrawingError,
    drawing_from,
)

points = st.builds(
    DrawnPoint, st.integers(0, 4_000_000_000_000), st.floats(1e-8, 1e12, allow_nan=False)
)


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    kind = draw(st.sampled_from(DrawingKind))
    count = 1 if kind is DrawingKind.HORIZONTAL else 2
    return Drawing("KRW-BTC", kind, tuple(draw(points) for _ in range(count)))


@given(drawings())
def test_a_drawing_comes_back_from_what_is_kept_of_it(drawing: Drawing) -> None:
    assert drawing_from(json.loads(json.dumps(drawing.plain()))) == drawing


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"market": "KRW-BTC", "kind": "circle", "points": [[1, 2.0]]},
        {"market": "BTC", "kind": "horizontal", "points": [[1, 2.0]]},
        {"market": "KRW-BTC", "kind": "trend", "points": [[1, 2.0]]},
        {"market": "KRW-BTC", "kind": "horizontal", "points": [[1, -2.0]]},
        {"market": "KRW-BTC", "kind": "horizontal", "points": [[1, float("nan")]]},
        {"market": "KRW-BTC", "kind": "horizontal", "points": [[1, float("inf")]]},
        {"market": "KRW-BTC", "kind": "horizontal", "points": [[-1, 2.0]]},
        {"market": "KRW-BTC", "kind": "horizontal", "points": [["x", 2.0]]},
        {"market": "KRW-BTC", "kind": "horizontal", "points": 7},
    ],
)
def test_what_is_no_drawing_is_refused(plain: dict[str, Any]) -> None:
    with pytest.raises(InvalidDrawingError):
        drawing_from(plain)

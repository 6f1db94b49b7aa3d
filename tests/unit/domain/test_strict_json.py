import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.domain.document import DocumentProblem as Problem
from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.strict_json import MAX_BYTES, read_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=50),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), inner)
    ),
    max_leaves=30,
)


@given(VALUES, st.booleans(), st.sampled_from([None, 2]))
def test_what_python_writes_is_read_as_python_reads_it(
    value: object, ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert read_json(text) == value
    assert read_json(text.encode()) == value


@given(st.text(max_size=60))
def test_any_text_is_read_as_python_reads_it_or_refused(text: str) -> None:
    try:
        value = read_json(text)
    except InvalidDocumentError:
        return
    assert value == json.loads(text)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(document: bytes) -> None:
    try:
        value = read_json(document)
    except InvalidDocumentError:
        return
    assert value == json.loads(document)


@pytest.mark.parametrize(
    ("text", "path", "problem"),
    [
        ('{"a": [1, {"b": NaN}]}', "a[1].b", Problem.NOT_FINITE),
        ('{"a": [-Infinity]}', "a[0]", Problem.NOT_FINITE),
        ('{"a": {"b": 1e999}}', "a.b", Problem.NOT_FINITE),
        ('{"a": 1, "a": 2}', "a", Problem.DUPLICATE),
        ('{"a": "%s"}' % ("x" * 2001), "a", Problem.TOO_LONG),
        ('{"a": %s}' % ("9" * 41), "a", Problem.TOO_LONG),
        ("[[],[[], tru]]", "[1][1]", Problem.NOT_JSON),
        ('{"a": [1 2]}', "a[1]", Problem.NOT_JSON),
        ('{"a": [1,]}', "a[1]", Problem.NOT_JSON),
        ('{"a": 1,}', "a", Problem.NOT_JSON),
        ('{"a" 1}', "a", Problem.NOT_JSON),
        ('{"a": "\\ud800"}', "a", Problem.NOT_JSON),
        ('{"a": "\\x"}', "a", Problem.NOT_JSON),
        ('{"a": 01}', "a", Problem.NOT_JSON),
        ("[1] 2", "$", Problem.NOT_JSON),
        ("", "$", Problem.NOT_JSON),
        (b"\xff\xfe", "$", Problem.NOT_JSON),
    ],
)
def test_the_path_of_the_first_offence_is_named(
    text: str | bytes, path: str, problem: Problem
) -> None:
    with pytest.raises(InvalidDocumentError) as caught:
        read_json(text)
    assert (caught.value.path, caught.value.problem) == (path, problem)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("[" * 500_000, Problem.TOO_DEEP),
        ('{"a":' * 150_000, Problem.TOO_DEEP),
        ("[" + "0," * 490_000 + "0]", Problem.TOO_MANY),
        ("[" + "{}," * 330_000 + "{}]", Problem.TOO_MANY),
        ('{"children":[' + '{"id":"n"},' * 90_000 + "{}]}", Problem.TOO_MANY),
        ("[" + "0," * 1_000_000 + "0]", Problem.TOO_LARGE),
        ("한" * (MAX_BYTES // 3 + 1), Problem.TOO_LARGE),
        ('"' + "x" * 900_000, Problem.NOT_JSON),
        ('"' + "\\" * 900_001, Problem.NOT_JSON),
        ('"' + "x" * 900_000 + '"', Problem.TOO_LONG),
        ("[" + " " * 900_000, Problem.NOT_JSON),
        ("9" * 900_000, Problem.TOO_LONG),
    ],
)
def test_a_hostile_document_is_refused_within_a_tenth_of_a_second(
    document: str, problem: Problem
) -> None:
    taken = []
    for _ in range(3):
        begun = time.process_time()
        with pytest.raises(InvalidDocumentError) as caught:
            read_json(document)
        taken.append(time.process_time() - begun)
        assert caught.value.problem is problem
    assert min(taken) < 0.1

"""Strict JSON: what is refused, where, and what is kept exactly."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardenne.standards.fhir.json import MAX_DEPTH, FhirSyntaxError, dump, parse, parse_exact


@pytest.mark.parametrize(
    ("data", "rule", "line", "column"),
    [
        (b"", "empty", 1, 1),
        (b" \n ", "empty", 1, 1),
        (b"\xef\xbb\xbf{}", "byte-order-mark", 1, 1),
        (b"[]", "object", 1, 1),
        (b'"Patient"', "object", 1, 1),
        (b'{"a":NaN}', "json", 1, 6),
        (b'{"a":1,}', "json", 1, 7),
        (b'{"a":01}', "json", 1, 6),
        (b'{"a":1e999}', "json", 1, 6),
        (b'{"a":"\\ud800"}', "json", 1, 7),
        (b'{"a":\n "\xff"}', "utf-8", 2, 3),
        (b'{"a":1,"a":2}', "duplicate-property", 1, 8),
        (b'{"a":1,\n  "a" : 2}', "duplicate-property", 2, 3),
        (b'{"a":1,"\\u0061":2}', "duplicate-property", 1, 8),
        (b'{"x":[{"a":{"b":1,"c":[],"b":2}}]}', "duplicate-property", 1, 26),
        (b'{"a":1,"b":"\\u003a","a":2}', "duplicate-property", 1, 21),
        (b'{"a":1,"b":"\\u003A","a":2}', "duplicate-property", 1, 21),
        (b'{"\xc3\xa9":1, "\xc3\xa9":2}', "duplicate-property", 1, 9),
        (b"[" * 100_000, "nesting-depth", 1, 1026),
    ],
)
def test_refused(data: bytes, rule: str, line: int, column: int) -> None:
    with pytest.raises(FhirSyntaxError) as caught:
        parse(data)
    assert (caught.value.issue.rule, caught.value.line, caught.value.column) == (rule, line, column)
    assert caught.value.issue.severity == "fatal"


def nested(levels: int) -> bytes:
    return b'{"a":' * (levels - 1) + b"{}" + b"}" * (levels - 1)


def test_nesting_is_allowed_up_to_the_limit() -> None:
    parse(nested(MAX_DEPTH))
    with pytest.raises(FhirSyntaxError) as caught:
        parse(nested(MAX_DEPTH + 1))
    assert caught.value.issue.rule == "nesting-depth"


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}',
        b'{"a":"b\\":","c":"\\u0022:","d":"\\u003a"}',
        b'{ "a" : 1 , "b" : ["x", "x", "x"] }',
        b'{"a":"\\\\","b":"{\\"a\\":1,\\"a\\":2}"}',
    ],
)
def test_equal_names_in_different_objects_are_fine(data: bytes) -> None:
    assert isinstance(parse(data), dict)


def test_decimals_keep_their_digits() -> None:
    resource = parse_exact(b'{"value":1.00,"big":0.10000000000000000000001,"n":3}')
    assert resource["value"] == Decimal("1.00")
    assert str(resource["value"]) == "1.00"
    assert dump(resource) == b'{"value":1.00,"big":0.10000000000000000000001,"n":3}'
    with pytest.raises(TypeError):
        dump({"a": Decimal("NaN")})


_names = st.sampled_from(["a", "b", 'c"', "d:", 'e":', "\\"])
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(alphabet='ab":\\,{}[] ', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(_names, _values, max_size=4), st.sampled_from([None, 1]), _names, _values)
def test_every_duplicate_is_found_and_nothing_else(
    content: dict[str, object], indent: int | None, name: str, value: object
) -> None:
    """Any object parses; with one more property it is refused exactly when the name is there already."""
    import json

    text = json.dumps(content, indent=indent)
    assert parse(text.encode()) == content
    tail = f"{json.dumps(name)}:{json.dumps(value)}}}"
    longer = (text[:-1] + ("," if content else "") + tail).encode()
    if name in content:
        with pytest.raises(FhirSyntaxError):
            parse(longer)
    else:
        assert parse(longer) == {**content, name: value}

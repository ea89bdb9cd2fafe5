"""The ER7 codec against the rules of HL7 v2.5.1 chapter 2."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardenne.standards.hl7v2.acknowledgement import acknowledge
from ardenne.standards.hl7v2.er7 import (
    Delimiters,
    Message,
    escape,
    read,
    read_batch,
    segment,
    unescape,
    write,
)
from ardenne.standards.refusal import Refused

HEADER = r"MSH|^~\&|LAB|HOU^1.2.3^ISO|EHR|NODE|20240131141500+0100||ORU^R01^ORU_R01|42|P|2.5.1"
MESSAGE = (
    HEADER + "\rPID|1||123^^^HOU&1.2.3&ISO^MR~456^^^LU||Weber&von^Anne\rOBX|1|FT|||a\\.br\\b\\T\\c\r"
).encode()


def test_paths() -> None:
    found = read(MESSAGE)
    assert found.type == "ORU^R01"
    assert found.version == (2, 5, 1)
    assert found.get("MSH-1") == "|"
    assert found.get("MSH-2") == "^~\\&"
    assert found.get("MSH-4.2") == "1.2.3"
    assert found.get("PID-3(2).1") == "456"
    assert found.get("PID-3.4.2") == "1.2.3"
    assert found.get("PID-5.1.2") == "von"
    assert found.get("OBX-5") == "a\nb&c"
    assert found.get("PID-99.9") == found.get("ZZZ-1") == found.get("PID(2)-3") == ""
    with pytest.raises(ValueError, match="not a path"):
        found.get("PID.3")


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\n\r\n"])
def test_every_line_end_is_taken(end: str) -> None:
    data = MESSAGE.decode().replace("\r", end).encode()
    assert [one.name for one in read(b"\x0b" + data + b"\x1c\r").segments] == ["MSH", "PID", "OBX"]


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("8859/1", "iso-8859-1"),
        ("8859/15", "iso-8859-15"),
        ("", "utf-8"),
        ("", "iso-8859-1"),
        ("ASCII", "iso-8859-1"),
        ("UNICODE UTF-8~ISO IR87", "utf-8"),
    ],
)
def test_character_sets(declared: str, codec: str) -> None:
    text = f"{HEADER}||||||{declared}\rPID|1||||Müllerœ" if codec not in ("iso-8859-1",) else ""
    text = text or f"{HEADER}||||||{declared}\rPID|1||||Müller"
    assert read(text.encode(codec)).get("PID-5") in ("Müllerœ", "Müller")


def test_the_escape_sequences_of_the_standard() -> None:
    marks = Delimiters()
    assert unescape(r"\F\\S\\T\\R\\E\ \X41C3A9\ \H\x\N\ \.sp2\y", marks) == "|^&~\\ Aé x \n\ny"
    assert unescape(r"C:\dir \Zxx\ end\ ", marks) == r"C:\dir \Zxx\ end\ "
    assert unescape("\\XE9\\", marks) == "é"


DISTINCT = st.permutations(list("|^~\\&#!*+;:?%$@/")).map(lambda order: Delimiters(*order[:5]))
TEXTS = st.text(
    st.characters(blacklist_categories=["Cs", "Cc", "Zs"]) | st.sampled_from("\n|^~\\&#"), max_size=30
)


@given(DISTINCT, st.lists(TEXTS, min_size=1, max_size=5))
def test_what_is_written_is_read_again_with_any_delimiters(marks: Delimiters, texts: list[str]) -> None:
    head = segment("MSH", marks.field, marks.encoding, *[""] * 15, "UNICODE UTF-8", delimiters=marks)
    field = marks.repetition.join(marks.component.join((escape(text, marks), "x")) for text in texts)
    message = Message((head, segment("NTE", "1", field, delimiters=marks)), marks)
    again = read(write(message))
    assert again.delimiters == marks
    assert [again.get(f"NTE-2({n}).1") for n in range(1, len(texts) + 1)] == texts


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for prefix in (b"", b"MSH", b"MSH|^~\\&|", MESSAGE):
        try:
            read_batch(prefix + data)
        except Refused as refused:
            assert refused.refusal.rule.startswith("hl7-")


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "hl7-header"),
        (b"PID|1\r", "hl7-header"),
        (b"MSH", "hl7-delimiters"),
        (b"MSHabcde", "hl7-delimiters"),
        (b"MSH|^^\\&|", "hl7-delimiters"),
        (MESSAGE + b"this is the second line of a note", "hl7-segment"),
        (MESSAGE + MESSAGE, "hl7-batch"),
        (f"{HEADER}||||||KLINGON\rPID|é".encode(), "hl7-charset"),
        (f"{HEADER}||||||UNICODE UTF-8\rPID|\xe9".encode("latin-1"), "hl7-charset"),
    ],
)
def test_refusals(data: bytes, rule: str) -> None:
    with pytest.raises(Refused) as caught:
        read(data)
    assert (caught.value.refusal.rule, bool(caught.value.refusal.mend)) == (rule, True)


def test_limits() -> None:
    with pytest.raises(Refused, match="hl7-size"):
        read(MESSAGE, size=10)
    with pytest.raises(Refused, match="hl7-segments"):
        read(MESSAGE + b"NTE|1\r" * 100, segments=10)


def test_batches() -> None:
    batch = b"FHS|^~\\&|A\rBHS|^~\\&|A\r" + MESSAGE + MESSAGE + b"BTS|2\rFTS|1\r"
    assert [message.get("MSH-10") for message in read_batch(batch)] == ["42", "42"]


def answer(version: str, code: str) -> list[str]:
    message = read(MESSAGE.replace(b"2.5.1", version.encode()))
    data = acknowledge(
        message,
        code,
        "no such patient | 1",
        "PID-3.1",
        time="20240131141501+0100",
        control_id="A1",
        condition="204",
    )
    return data.decode().split("\r")


def test_acknowledgement_of_version_2_5() -> None:
    assert answer("2.5.1", "AE") == [
        r"MSH|^~\&|EHR|NODE|LAB|HOU^1.2.3^ISO|20240131141501+0100||ACK^R01^ACK|A1|P|2.5.1",
        "MSA|AE|42",
        r"ERR||PID^1^3^1^1|204^Unknown key identifier^HL70357|E||||no such patient \F\ 1",
        "",
    ]


def test_acknowledgement_of_version_2_3() -> None:
    assert answer("2.3", "AR") == [
        r"MSH|^~\&|EHR|NODE|LAB|HOU^1.2.3^ISO|20240131141501+0100||ACK^R01|A1|P|2.3",
        r"MSA|AR|42|no such patient \F\ 1",
        "ERR|PID^1^3^204&Unknown key identifier&HL70357",
        "",
    ]


def test_a_good_message_gets_no_error_segment() -> None:
    assert answer("2.5.1", "AA")[1:] == ["MSA|AA|42", ""]

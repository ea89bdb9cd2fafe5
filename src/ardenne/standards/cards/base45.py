"""Base45 (RFC 9285): bytes as the 45 characters that a QR code holds most densely."""

from __future__ import annotations

from ardenne.standards.cards.errors import CardError

_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(_CHARACTERS)}


def encode(content: bytes) -> str:
    """
    >>> encode(b"AB")
    'BB8'
    """
    found = []
    for place in range(0, len(content) - 1, 2):
        rest, low = divmod(content[place] * 256 + content[place + 1], 45)
        high, middle = divmod(rest, 45)
        found.append(_CHARACTERS[low] + _CHARACTERS[middle] + _CHARACTERS[high])
    if len(content) % 2:
        high, low = divmod(content[-1], 45)
        found.append(_CHARACTERS[low] + _CHARACTERS[high])
    return "".join(found)


def decode(text: str) -> bytes:
    """:raises CardError: ``base45``, for a character, a length or a value that cannot be."""
    try:
        values = [_VALUES[character] for character in text]
    except KeyError as error:
        raise CardError("base45", f"the character {error.args[0]!r} does not belong to base45") from None
    if len(values) % 3 == 1:
        raise CardError("base45", "the text is one character too long or too short")
    found = bytearray()
    for place in range(0, len(values), 3):
        group = values[place : place + 3]
        number = sum(value * 45**power for power, value in enumerate(group))
        size = len(group) - 1
        if number >= 256**size:
            raise CardError("base45", f"the group {text[place : place + 3]!r} stands for no bytes")
        found += number.to_bytes(size, "big")
    return bytes(found)

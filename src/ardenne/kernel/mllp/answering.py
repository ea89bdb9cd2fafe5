"""From a message to its acknowledgement: who takes it, once, and only what is durable is acknowledged."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from ardenne.kernel.blobs import WAITING, BlobStore
from ardenne.kernel.http.faults import report
from ardenne.kernel.mllp import store
from ardenne.kernel.store.database import Database, DatabaseUnavailable
from ardenne.standards.hl7v2 import er7
from ardenne.standards.hl7v2.acknowledgement import acknowledge
from ardenne.standards.hl7v2.er7 import Message
from ardenne.standards.refusal import Refused

_OK, _ERROR, _REJECTED = "AA", "AE", "AR"


class Taken(NamedTuple):
    """What became of a message. ``code``: AA, AE or AR; ``answer``: a whole message instead of an acknowledgement."""

    code: str = _OK
    text: str = ""
    location: str = ""
    condition: str = "207"
    answer: bytes = b""


Handle = Callable[[Message, bytes, str], Awaitable[Taken]]
"""Takes a message, its bytes and the address of its sender."""


class Answerer:
    """Gives each message to who takes its type (``ADT``, ``ORU``, ``QBP^Q23`` …) and keeps what nobody could take.

    ``keep`` gets digest, source and reasons of a message that was refused: the error desk.
    """

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        takers: Mapping[str, Handle],
        keep: Callable[[str, str, Taken], Awaitable[None]],
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._takers = takers
        self._keep = keep

    async def answer(self, data: bytes, address: str) -> bytes:
        """Return the acknowledgement of a message; a repeated one gets the answer that it got before."""
        try:
            message = er7.read(data)
        except Refused as error:
            refusal = error.refusal
            taken = Taken(_REJECTED, f"{refusal.found}. {refusal.mend}", refusal.where, "100")
            await self._keep(await self._blobs.put(data, WAITING), _source(address), taken)
            return _bare(taken)
        try:
            return await self._answer(message, data, address)
        except DatabaseUnavailable:
            text = "the node cannot store anything at the moment: send the message again later"
            return _acknowledged(message, Taken(_ERROR, text, "", "207"))
        except Exception as error:
            text = f"something went wrong here, not with you: tell the operator the number {report(error)}"
            return _acknowledged(message, Taken(_ERROR, text, "", "207"))

    async def _answer(self, message: Message, data: bytes, address: str) -> bytes:
        sender = "|".join((message.get("MSH-3.1"), message.get("MSH-4.1")))
        control = message.get("MSH-10").strip()
        event = f"{message.get('MSH-9.1')}^{message.get('MSH-9.2')}"
        digest = hashlib.sha256(data).hexdigest()
        if not control:
            return await self._refused(
                message, data, Taken(_REJECTED, "the message has no control id", "MSH-10", "101"), address
            )
        known = await store.answered(self._database, sender, control)
        if known is not None and known[0] == digest:
            return known[1]
        take = self._takers.get(event) or self._takers.get(message.get("MSH-9.1"))
        if take is None:
            text = f"messages of type {event[:20]} are not taken here"
            return await self._refused(message, data, Taken(_REJECTED, text, "MSH-9", "200"), address)
        taken = await take(message, data, address)
        if taken.code != _OK:
            return await self._refused(message, data, taken, address)
        answer = taken.answer or _acknowledged(message, taken)
        if not taken.answer:
            await store.remember(self._database, sender, control, digest, answer)
        return answer

    async def _refused(self, message: Message, data: bytes, taken: Taken, address: str) -> bytes:
        if not taken.answer:
            await self._keep(await self._blobs.put(data, WAITING), _source(address), taken)
        return taken.answer or _acknowledged(message, taken)


def _source(address: str) -> str:
    return f"mllp {address}".strip()


def _acknowledged(message: Message, taken: Taken) -> bytes:
    return acknowledge(
        message,
        taken.code,
        taken.text,
        taken.location,
        time=stamp(),
        control_id=new_control(),
        condition=taken.condition,
    )


def stamp() -> str:
    """Return the present as HL7 v2 writes it."""
    return datetime.now(UTC).strftime("%Y%m%d%H%M%S+0000")


def new_control() -> str:
    """Return a control id of at most 20 characters."""
    return uuid.uuid4().hex[:20].upper()


def _bare(taken: Taken) -> bytes:
    """Return an acknowledgement of something whose header cannot be read."""
    head = f"MSH|^~\\&|||||{stamp()}||ACK|{new_control()}|P|2.5.1"
    text = taken.text.translate(str.maketrans("|^~\\&\r\n", "       "))
    return f"{head}\rMSA|{_REJECTED}|\rERR|||{taken.condition}^Segment sequence error^HL70357|E||||{text}\r".encode()

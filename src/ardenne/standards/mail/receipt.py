"""Read receipts: message disposition notifications (RFC 8098). They tell that a message was displayed, not what it says."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import NamedTuple, Self

from ardenne.standards.mail.entity import Entity, addresses, entity

_BOUNDARY = "=_receipt"


class Receipt(NamedTuple):
    """Who read which message of whom, and when the receipt was written. ``own_id``: the receipt's own Message-ID."""

    reader: str
    writer: str
    message_id: str
    own_id: str
    at: datetime

    def written(self) -> bytes:
        """Return the notification as mail: text for people, and the report for programs."""
        head = EmailMessage(policy=SMTP)
        head["From"], head["To"] = self.reader, self.writer
        head["Date"] = format_datetime(self.at)
        head["Message-ID"], head["In-Reply-To"] = self.own_id, self.message_id
        head["Subject"] = "Read: [...]"
        head["Auto-Submitted"] = "auto-replied"
        head["MIME-Version"] = "1.0"
        head["Content-Type"] = (
            f'multipart/report; report-type=disposition-notification; boundary="{_BOUNDARY}"'
        )
        told = f"{self.reader} has displayed the message. That it was understood is not said."
        report = (
            "Reporting-UA: Ardenne", f"Final-Recipient: rfc822;{self.reader}",
            f"Original-Message-ID: {self.message_id}",
            "Disposition: manual-action/MDN-sent-manually; displayed",
        )  # fmt: skip
        lines = (
            f"--{_BOUNDARY}", "Content-Type: text/plain; charset=utf-8", "", told, "", f"--{_BOUNDARY}",
            "Content-Type: message/disposition-notification", "", *report, "", f"--{_BOUNDARY}--", "",
        )  # fmt: skip
        return head.as_bytes().partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + "\r\n".join(lines).encode()

    @classmethod
    def read(cls, message: Entity, at: datetime) -> Self | None:
        """Return the receipt that a mail program wrote; None when a message is none, or does not say "displayed"."""
        if (
            message.media_type != "multipart/report"
            or message.parameter("report-type").lower() != "disposition-notification"
            or not message.is_multipart
        ):
            return None
        reports = [one for one in message.parts() if one.media_type == "message/disposition-notification"]
        if len(reports) != 1:
            return None
        fields = entity(reports[0].content.strip() + b"\r\n\r\n")
        state = fields.get("disposition").partition(";")[2].strip().lower()
        writers, readers = addresses(message.all("to")), addresses(message.all("from"))
        if not state.startswith("displayed") or len(writers) != 1 or len(readers) != 1:
            return None
        return cls(
            readers[0][1], writers[0][1], fields.get("original-message-id"), message.get("message-id"), at
        )

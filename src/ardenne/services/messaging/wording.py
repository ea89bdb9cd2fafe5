"""What codes are called on the pages. The English words are translated by the catalogues."""

from __future__ import annotations

FOLDERS: dict[str, str] = {"INBOX": "Inbox", "Sent": "Sent messages", "Archive": "Archive", "Trash": "Trash"}
PROBLEMS: dict[str, str] = {
    "directory": "Only professionals with an active role in the directory have a mailbox.",
    "member": "You have a mailbox already: look at the page again.",
    "passphrase-short": "Choose a passphrase of at least twelve signs, such as four words.",
    "passphrase-differs": "The two passphrases are not the same.",
    "passphrase": "This is not the passphrase of your keys.",
    "keyring": "Your keys are not kept here: read with your mail program.",
    "certificate": "Your certificate has ended or was revoked: make a new one under the settings of the mailbox.",
    "recipients": "Choose at least one recipient.",
    "group": "This group is not yours.",
    "subject": "Give the message a subject.",
    "files": "The files together have at most 25 megabytes.",
    "document": "A document of the record is not open to you any more: choose again.",
    "folder": "Choose another name for the folder: letters and digits, and none that there is.",
    "folder-full": "Only an empty folder that you made yourself can be removed.",
    "name": "Give the group a name of at least three letters.",
    "days": "Give the first day, and a last day that is not before it.",
    "form": "Something in the form cannot be read. Open the page again.",
    "patient": "There is no such record, or you may not see it.",
    "brought-file": "This file and its password do not fit, or it holds no certificate with its key.",
    "brought-time": "This certificate is not valid today.",
    "brought-address": "This certificate is not for your address.",
    "brought-usage": "This certificate is not for mail.",
    "brought-authority": "The authority that issued this certificate is not trusted here.",
    "brought-key": "Only RSA keys of at least 2048 bits can be used.",
    "brought-known": "This certificate is known here already.",
}
VERDICTS: dict[str, str] = {
    "": "Signed by the sender",
    "unsigned": "Not signed: nothing proves who wrote it",
    "broken": "The signature does not fit: the message may have been changed",
    "time": "Signed with a certificate that was not valid at the time",
    "address": "Signed by somebody else than the sender",
    "usage": "Signed with a certificate that is not for mail",
    "authority": "Signed with a certificate of an authority that is not trusted here",
    "revoked": "Signed with a certificate that was revoked",
}
LABELS = frozenset({*FOLDERS.values(), *PROBLEMS.values(), *VERDICTS.values()})
"""Every text of this module, for the catalogues."""

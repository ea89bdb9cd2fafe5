"""Errors of registry and repository (ITI TF-3 4.2.4, table 4.2.4.1-2): the code is for machines, the text for people."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Code(StrEnum):
    """The codes that this node answers with."""

    DUPLICATE = "XDSDuplicateUniqueIdInRegistry"
    DEPRECATED = "XDSRegistryDeprecatedDocumentError"
    HASH = "XDSNonIdenticalHash"
    SIZE = "XDSNonIdenticalSize"
    METADATA = "XDSRegistryMetadataError"
    MISSING_DOCUMENT = "XDSMissingDocument"
    MISSING_METADATA = "XDSMissingDocumentMetadata"
    NOT_SINGLE_PATIENT = "XDSResultNotSinglePatient"
    PARAMETER_MISSING = "XDSStoredQueryMissingParam"
    PARAMETER_NUMBER = "XDSStoredQueryParamNumber"
    PATIENT_MISMATCH = "XDSPatientIdDoesNotMatch"
    REGISTRY = "XDSRegistryError"
    REPOSITORY = "XDSRepositoryError"
    REPOSITORY_METADATA = "XDSRepositoryMetadataError"
    DOCUMENT_ID = "XDSDocumentUniqueIdError"
    METADATA_UPDATE = "XDSMetadataUpdateError"
    METADATA_VERSION = "XDSMetadataVersionError"
    REFERENCES_REMAIN = "ReferencesExistException"
    TOO_MANY = "XDSTooManyResults"
    UNKNOWN_COMMUNITY = "XDSUnknownCommunity"
    UNKNOWN_PATIENT = "XDSUnknownPatientId"
    UNKNOWN_RECIPIENT = "UnknownRecipient"
    UNKNOWN_QUERY = "XDSUnknownStoredQuery"
    UNKNOWN_REPOSITORY = "XDSUnknownRepositoryId"
    UNRESOLVED = "UnresolvedReferenceException"


class RegistryError(NamedTuple):
    """One error or warning: what is wrong and how to mend it, and where (an id, a slot)."""

    code: Code
    context: str
    location: str = ""
    warning: bool = False


class Refused(Exception):
    """The request is refused as a whole; nothing was written."""

    def __init__(self, errors: list[RegistryError]) -> None:
        super().__init__("; ".join(one.code for one in errors))
        self.errors = errors


def refuse(code: Code, context: str, location: str = "") -> Refused:
    """Return the refusal with one error."""
    return Refused([RegistryError(code, context, location)])

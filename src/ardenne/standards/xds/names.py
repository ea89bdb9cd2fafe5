"""Names that the transactions of XDS.b fix (ITI TF-3 4.2 and 4.3, OASIS ebRIM and ebRS 3.0)."""

from __future__ import annotations

from typing import NamedTuple

RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
RS = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"
LCM = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
QUERY = "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0"
XDSB = "urn:ihe:iti:xds-b:2007"
RMD = "urn:ihe:iti:rmd:2017"
XOP = "http://www.w3.org/2004/08/xop/include"

STATUS = "urn:oasis:names:tc:ebxml-regrep:StatusType:"
APPROVED = f"{STATUS}Approved"
DEPRECATED = f"{STATUS}Deprecated"
RESPONSE = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:"
SUCCESS = f"{RESPONSE}Success"
FAILURE = f"{RESPONSE}Failure"
PARTIAL = "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess"
SEVERITY = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:"

HAS_MEMBER = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
_IHE_2007 = "urn:ihe:iti:2007:AssociationType:"
REPLACES = f"{_IHE_2007}RPLC"
APPENDS = f"{_IHE_2007}APND"
TRANSFORMS = f"{_IHE_2007}XFRM"
TRANSFORMS_AND_REPLACES = f"{_IHE_2007}XFRM_RPLC"
SIGNS = f"{_IHE_2007}signs"
SNAPSHOT_OF = "urn:ihe:iti:2010:AssociationType:IsSnapshotOf"
UPDATE_STATUS = "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus"
SUBMIT_ASSOCIATION = "urn:ihe:iti:2010:AssociationType:SubmitAssociation"
RELATIONS = frozenset({REPLACES, APPENDS, TRANSFORMS, TRANSFORMS_AND_REPLACES, SIGNS, SNAPSHOT_OF})
"""Associations between two documents."""
REPLACING = frozenset({REPLACES, TRANSFORMS_AND_REPLACES})
DEPENDENT = frozenset({APPENDS, TRANSFORMS})
"""Associations whose source is deprecated together with its target (ITI TF-2 3.42.4.1.3.5)."""

STABLE = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"
ON_DEMAND = "urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248"
DOCUMENT_TYPES = frozenset({STABLE, ON_DEMAND})
ASSOCIATION_TYPE = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:Association"
PACKAGE_TYPE = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:RegistryPackage"
CODING_SCHEME = "codingScheme"
SHA1_OF_NOTHING = "da39a3ee5e6b4b0d3255bfef95601890afd80709"


class Kind(NamedTuple):
    """One kind of registry object: its name in queries and errors, and the UUIDs of its attributes."""

    name: str
    node: str
    """The classification node that marks a RegistryPackage; empty for documents."""
    author: str
    codes: dict[str, str]
    """Attribute: classification scheme."""
    identifiers: dict[str, str]
    """Attribute: identification scheme."""
    required_codes: tuple[str, ...]
    required_slots: tuple[str, ...]


def _urns(table: dict[str, str]) -> dict[str, str]:
    return {name: f"urn:uuid:{value}" for name, value in table.items()}


DOCUMENT = Kind(
    "XDSDocumentEntry",
    "",
    "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d",
    _urns(
        {
            "classCode": "41a5887f-8865-4c09-adf7-e362475b143a",
            "confidentialityCode": "f4f85eac-e6cb-4883-b524-f2705394840f",
            "eventCodeList": "2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4",
            "formatCode": "a09d5840-386c-46f2-b5ad-9c3699a4309d",
            "healthcareFacilityTypeCode": "f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1",
            "practiceSettingCode": "cccf5598-8b07-4b77-a05e-ae952c785ead",
            "typeCode": "f0306f51-975f-434e-a61c-c59651d33983",
        }
    ),
    _urns(
        {
            "patientId": "58a6f841-87b3-4a3e-92fd-a8ffeff98427",
            "uniqueId": "2e82c1f6-a085-4c72-9da3-8640a32e42ab",
        }
    ),
    (
        "classCode", "confidentialityCode", "formatCode", "healthcareFacilityTypeCode", "practiceSettingCode",
        "typeCode",
    ),
    ("creationTime", "languageCode", "sourcePatientId"),
)  # fmt: skip
SUBMISSION_SET = Kind(
    "XDSSubmissionSet",
    "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd",
    "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d",
    _urns({"contentTypeCode": "aa543740-bdda-424e-8c96-df4873be8500"}),
    _urns(
        {
            "patientId": "6b5aea1a-874d-4603-a4bc-96a0a7b38446",
            "sourceId": "554ac39e-e3fe-47fe-b233-965d2a147832",
            "uniqueId": "96fdda7c-d067-4183-912e-bf5ee74998a8",
        }
    ),
    ("contentTypeCode",),
    ("submissionTime",),
)
FOLDER = Kind(
    "XDSFolder",
    "urn:uuid:d9d542f3-6cc4-48b6-8870-ea235fbc94c2",
    "",
    _urns({"codeList": "1ba97051-7806-41a8-a48b-8fce7af683c5"}),
    _urns(
        {
            "patientId": "f64ffdf0-4b97-4e06-b79f-a52b38ec2f8a",
            "uniqueId": "75df8f67-9973-4fbe-a900-df66cefecc5a",
        }
    ),
    ("codeList",),
    (),
)
PACKAGES = (SUBMISSION_SET, FOLDER)

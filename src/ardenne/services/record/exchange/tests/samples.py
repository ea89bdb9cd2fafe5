"""Metadata for tests as a sending system writes it."""

from __future__ import annotations

from typing import Any

_SCHEMES = {
    "classCode": "41a5887f-8865-4c09-adf7-e362475b143a",
    "confidentialityCode": "f4f85eac-e6cb-4883-b524-f2705394840f",
    "eventCodeList": "2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4",
    "formatCode": "a09d5840-386c-46f2-b5ad-9c3699a4309d",
    "healthcareFacilityTypeCode": "f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1",
    "practiceSettingCode": "cccf5598-8b07-4b77-a05e-ae952c785ead",
    "typeCode": "f0306f51-975f-434e-a61c-c59651d33983",
}
DOMAIN = "1.3.6.1.4.1.21367.2005.13.20.1000"
ONE, TWO = f"P1^^^&amp;{DOMAIN}&amp;ISO", f"P2^^^&amp;{DOMAIN}&amp;ISO"
EMPTY_HASH = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
CODES: dict[str, list[tuple[str, str]]] = {
    "classCode": [("REPORTS", "1.3.6.1.4.1.19376.1.2.6.1")],
    "confidentialityCode": [("N", "2.16.840.1.113883.5.25")],
    "formatCode": [("urn:ihe:iti:xds:2017:mimeTypeSufficient", "1.3.6.1.4.1.19376.1.2.3")],
    "healthcareFacilityTypeCode": [("264372000", "2.16.840.1.113883.6.96")],
    "practiceSettingCode": [("394802001", "2.16.840.1.113883.6.96")],
    "typeCode": [("34105-7", "2.16.840.1.113883.6.1")],
}


def slot(name: str, *values: str) -> str:
    inner = "".join(f"<rim:Value>{value}</rim:Value>" for value in values)
    return f'<rim:Slot name="{name}"><rim:ValueList>{inner}</rim:ValueList></rim:Slot>'


def _code(owner: str, scheme: str, code: str, system: str) -> str:
    return (
        f'<rim:Classification classifiedObject="{owner}" classificationScheme="urn:uuid:{scheme}" '
        f'nodeRepresentation="{code}">{slot("codingScheme", system)}'
        f'<rim:Name><rim:LocalizedString value="{code} in words"/></rim:Name></rim:Classification>'
    )


def _identifier(scheme: str, value: str) -> str:
    return f'<rim:ExternalIdentifier identificationScheme="urn:uuid:{scheme}" value="{value}"/>'


def entry(
    name: str,
    unique_id: str,
    patient: str = ONE,
    codes: dict[str, list[tuple[str, str]]] | None = None,
    object_type: str = "7edca82f-054d-47f2-a032-9b2a5b5186c1",
    lid: str = "",
    **slots: Any,
) -> str:
    """An ExtrinsicObject; a slot that is None is left out."""
    values: dict[str, Any] = {
        "creationTime": "20051224",
        "languageCode": "fr-LU",
        "sourcePatientId": "89765^^^&amp;1.3.4.5&amp;ISO",
        **slots,
    }
    parts = [slot(key, *([text] if isinstance(text, str) else text)) for key, text in values.items() if text]
    for key, listed in {**CODES, **(codes or {})}.items():
        parts += [_code(name, _SCHEMES[key], code, system) for code, system in listed]
    parts.append(
        f'<rim:Classification classifiedObject="{name}" nodeRepresentation="" '
        f'classificationScheme="urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d">'
        f"{slot('authorPerson', '^Thill^Claude^^^Dr')}{slot('authorInstitution', 'Clinique du Nord^^^^^^^^^1.2.3.4')}"
        f"{slot('authorRole', 'Attending')}</rim:Classification>"
    )
    parts.append(_identifier("58a6f841-87b3-4a3e-92fd-a8ffeff98427", patient))
    parts.append(_identifier("2e82c1f6-a085-4c72-9da3-8640a32e42ab", unique_id))
    return (
        f'<rim:ExtrinsicObject id="{name}" objectType="urn:uuid:{object_type}" mimeType="text/plain"'
        f"{' lid=' + chr(34) + lid + chr(34) if lid else ''}>"
        f'{"".join(parts)}<rim:Name><rim:LocalizedString value="Lettre de sortie"/></rim:Name></rim:ExtrinsicObject>'
    )


def registered(name: str, unique_id: str, **more: Any) -> str:
    """An entry as ITI-42 sends it, with hash, size and repository."""
    return entry(
        name, unique_id, **{"hash": EMPTY_HASH, "size": "0", "repositoryUniqueId": "1.2.3.9", **more}
    )


def submission_set(unique_id: str, patient: str = ONE) -> str:
    return (
        f'<rim:RegistryPackage id="Set">{slot("submissionTime", "20260102030405")}'
        f'<rim:Classification classifiedObject="Set" classificationNode="urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"/>'
        f"{_code('Set', 'aa543740-bdda-424e-8c96-df4873be8500', '225728007', '2.16.840.1.113883.6.96')}"
        f"{_identifier('96fdda7c-d067-4183-912e-bf5ee74998a8', unique_id)}"
        f"{_identifier('554ac39e-e3fe-47fe-b233-965d2a147832', '1.3.6.1.4.1.21367.9')}"
        f"{_identifier('6b5aea1a-874d-4603-a4bc-96a0a7b38446', patient)}</rim:RegistryPackage>"
    )


def folder(name: str, unique_id: str, patient: str = ONE) -> str:
    return (
        f'<rim:RegistryPackage id="{name}"><rim:Name><rim:LocalizedString value="Grossesse"/></rim:Name>'
        f'<rim:Classification classifiedObject="{name}" classificationNode="urn:uuid:d9d542f3-6cc4-48b6-8870-ea235fbc94c2"/>'
        f"{_code(name, '1ba97051-7806-41a8-a48b-8fce7af683c5', '394802001', '2.16.840.1.113883.6.96')}"
        f"{_identifier('75df8f67-9973-4fbe-a900-df66cefecc5a', unique_id)}"
        f"{_identifier('f64ffdf0-4b97-4e06-b79f-a52b38ec2f8a', patient)}</rim:RegistryPackage>"
    )


def link(source: str, kind: str, target: str, name: str = "", **slots: str) -> str:
    spaces = {"HasMember": "urn:oasis:names:tc:ebxml-regrep:AssociationType:", "IsSnapshotOf": "urn:ihe:iti:2010:AssociationType:",
              "UpdateAvailabilityStatus": "urn:ihe:iti:2010:AssociationType:"}  # fmt: skip
    space = spaces.get(kind, "urn:ihe:iti:2007:AssociationType:")
    inner = "".join(slot(key, value) for key, value in slots.items())
    identity = f' id="{name}"' if name else ""
    return f'<rim:Association{identity} associationType="{space}{kind}" sourceObject="{source}" targetObject="{target}">{inner}</rim:Association>'


def member(target: str, **slots: str) -> str:
    return link("Set", "HasMember", target, **({"SubmissionSetStatus": "Original"} | slots))

"""Vaccines by code: the starter table, or all of NUVA; from other code systems to NUVA and never silently back.

A schedule speaks of valences; a vaccine is the set of its valences. Where another system's code (CVX, ATC) means less
than one product, it maps to the abstract NUVA vaccine with what is certain.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

NUVA_SYSTEM = "http://ivci.org/NUVA"
CVX_SYSTEM = "http://hl7.org/fhir/sid/cvx"
ATC_SYSTEM = "http://www.whocc.no/atc"


@dataclass(frozen=True, slots=True)
class Vaccine:
    """A vaccine of NUVA. ``product`` says whether it is one product or only what is known of it."""

    code: str
    name: str
    product: bool
    valences: tuple[str, ...]
    cvx: str = ""
    atc: str = ""
    gtins: tuple[str, ...] = ()
    """Trade item numbers of its boxes, as far as they are known."""


@dataclass(frozen=True, slots=True)
class Nomenclature:
    vaccines: Mapping[str, Vaccine]
    by_cvx: Mapping[str, Vaccine]
    by_atc: Mapping[str, Vaccine]
    by_gtin: Mapping[str, Vaccine]

    def find(self, system: str, code: str) -> Vaccine | None:
        """The vaccine of a code; None when the code is not known, which the caller must show."""
        if system in (NUVA_SYSTEM, "urn:nuva", ""):
            return self.vaccines.get(code) or self.vaccines.get(f"VAC{code:>04}")
        if system == CVX_SYSTEM:
            return self.by_cvx.get(code.lstrip("0"))
        return self.by_atc.get(code) if system == ATC_SYSTEM else None

    def choices(self) -> list[Vaccine]:
        """Products first, each kind by name."""
        return sorted(self.vaccines.values(), key=lambda one: (not one.product, one.name.casefold()))


def nomenclature_of(vaccines: Iterable[Vaccine]) -> Nomenclature:
    held = {one.code: one for one in vaccines}
    return Nomenclature(
        held,
        _shared((one.cvx.lstrip("0"), one) for one in held.values()),
        _shared((one.atc, one) for one in held.values()),
        {gtin: one for one in held.values() for gtin in one.gtins},
    )


def _shared(pairs: Iterable[tuple[str, Vaccine]]) -> dict[str, Vaccine]:
    """What a code of another system means: the abstract vaccine that has it, else what all its products hold.

    It never means one product: that would say more than the code does.
    """
    by_code: dict[str, list[Vaccine]] = {}
    for code, one in pairs:
        if code:
            by_code.setdefault(code, []).append(one)
    found: dict[str, Vaccine] = {}
    for code, several in by_code.items():
        groups = sorted(
            (one for one in several if not one.product), key=lambda one: (len(one.valences), one.code)
        )
        common = set.intersection(*(set(one.valences) for one in several))
        found[code] = groups[0] if groups else Vaccine("", "", False, tuple(sorted(common)))
    return found


@cache
def starter() -> Nomenclature:
    """The table that is shipped."""
    text = files("ardenne.services.vaccination").joinpath("data/vaccines.tsv").read_text(encoding="utf-8")
    return nomenclature_of(_rows(text))


def _rows(text: str) -> Iterator[Vaccine]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    for row in csv.DictReader(lines, delimiter="\t"):
        yield Vaccine(
            row["code"],
            row["name"],
            row["kind"] == "product",
            tuple(row["valences"].split()),
            row["cvx"],
            row["atc"],
            tuple(row["gtin"].split()),
        )


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import found: rows of the table, and vaccines that lost something, with the reason."""

    vaccines: tuple[Vaccine, ...]
    losses: tuple[tuple[str, str], ...]


def import_nuva(folder: Path, known: frozenset[str]) -> Imported:
    """Read a copy of NUVA's repository (``Release`` and ``Units``).

    :param known: the valences that schedules speak of; each contained valence becomes itself or its nearest known parent.
    :raises ValueError: when the folder is no copy of NUVA.
    """
    core = folder / "Release" / "NUVA" / "nuva_core.csv"
    if not core.is_file():
        raise ValueError(f"{folder} holds no Release/NUVA/nuva_core.csv")
    parents = {path.stem: _field(path, "parent") for path in (folder / "Units" / "Valences").glob("*.yml")}
    cvx, atc = _best(folder, "CVX"), _best(folder, "ATC")
    vaccines, losses = [], []
    with core.open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            code = row["NUVA"]
            contained = _contained(folder / "Units" / "Vaccines" / f"{code}.yml")
            mapped = {one: _nearest(one, parents, known) for one in contained}
            lost = sorted(one for one, target in mapped.items() if not target)
            if lost or not contained:
                losses.append(
                    (code, f"no schedule speaks of {', '.join(lost)}" if lost else "no valences are stated")
                )
            valences = tuple(sorted({target for target in mapped.values() if target}))
            vaccines.append(
                Vaccine(
                    code,
                    row["label"],
                    row["abstract"] != "True",
                    valences,
                    cvx.get(code, ""),
                    atc.get(code, ""),
                    _gtins(folder / "Units" / "Vaccines" / f"{code}.yml"),
                )
            )
    return Imported(tuple(vaccines), tuple(losses))


def _field(path: Path, name: str) -> str:
    found = re.search(rf"^{name}: *(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


def _contained(path: Path) -> list[str]:
    if not path.is_file():
        return []
    _before, _head, after = path.read_text(encoding="utf-8").partition("\nvalences:")
    return re.findall(r"^- (VAL\d+)$", after, re.MULTILINE)


def _gtins(path: Path) -> tuple[str, ...]:
    """Trade item numbers: French CIP numbers are GTIN-13."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return tuple("0" + number for number in re.findall(r"^  - '(34009\d{8})'$", text, re.MULTILINE))


def _nearest(valence: str, parents: Mapping[str, str], known: frozenset[str]) -> str:
    while valence and valence not in known:
        valence = parents.get(valence, "")
    return valence


def _best(folder: Path, system: str) -> dict[str, str]:
    path = folder / "Release" / "Alignments" / system / f"nuva2{system}.csv"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig") as file:
        return {
            row["NUVA"]: row[system].removeprefix(f"{system}-")
            for row in csv.DictReader(file)
            if row["Best"] == "True"
        }


def table(vaccines: Iterable[Vaccine]) -> str:
    """The table's text, as the shipped one is written."""
    head = "code\tname\tkind\tvalences\tcvx\tatc\tgtin"
    lines = [
        "\t".join(
            (
                one.code,
                one.name,
                "product" if one.product else "group",
                " ".join(one.valences),
                one.cvx,
                one.atc,
                " ".join(one.gtins),
            )
        )
        for one in vaccines
    ]
    return "\n".join([head, *lines]) + "\n"

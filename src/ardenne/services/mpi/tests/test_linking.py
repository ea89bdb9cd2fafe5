"""Linking whole files: what the published sets and the invented population ask for."""

from __future__ import annotations

import csv
import random
from collections import Counter
from pathlib import Path

import pytest

from ardenne.services.mpi import linking, trapping
from ardenne.services.mpi.rules.decision import ASK, LINK
from ardenne.services.mpi.rules.training import train


def quality(pairs: list[linking.Pair], truth: dict[str, str]) -> tuple[float, float, int]:
    """Precision, recall of the links, and how many pairs are to be asked about."""
    linked = [pair for pair in pairs if pair.decision == LINK]
    right = sum(truth[pair.id_a] == truth[pair.id_b] for pair in linked)
    wanted = sum(count * (count - 1) // 2 for count in Counter(truth.values()).values())
    return right / max(len(linked), 1), right / wanted, sum(pair.decision == ASK for pair in pairs)


@pytest.mark.parametrize(("with_numbers", "wanted"), [(True, 0.995), (False, 0.985)])
def test_febrl(corpus: Path, with_numbers: bool, wanted: float) -> None:
    for number in (1, 2):
        records = linking.read(corpus / "linkage" / f"febrl_dataset{number}.csv", with_numbers)
        truth = {record: record.split("-")[1] for record in records.ids}
        precision, recall, _asked = quality(list(linking.link(records)), truth)
        assert 2 * precision * recall / (precision + recall) >= wanted


def test_persons_that_were_not_trained_on(corpus: Path) -> None:
    with (corpus / "linkage" / "lu_synth_20k.csv").open(encoding="utf-8") as file:
        truth = {row["unique_id"]: row["pid"] for row in csv.DictReader(file)}
    records = linking.read(corpus / "linkage" / "lu_synth_20k.csv")
    chosen = {pid for pid in truth.values() if random.Random(pid).random() < 0.3}
    halves = [
        linking.Records(
            *zip(
                *(
                    (name, traits)
                    for name, traits in zip(*records, strict=True)
                    if (truth[name] in chosen) == trained
                ),
                strict=True,
            )  # type: ignore[arg-type]
        )
        for trained in (True, False)
    ]
    weights = train(halves[0].traits, wide=True)
    tested = linking.Records(list(halves[1].ids), list(halves[1].traits))
    own = {name: truth[name] for name in tested.ids}
    precision, recall, asked = quality(list(linking.link(tested, weights=weights)), own)
    assert precision >= 0.999
    assert recall >= 0.98
    assert asked <= len(tested.ids) * 0.01


def test_two_files_and_other_column_names(tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text("ID;Nom;Prénom;Geburtsdatum\n1;Weber;Anna;1980-02-01\n2;Braun;Karl;1950-03-04\n")
    other.write_text("first_name,surname,dob\nANNA,WEBER,01.02.1980\nAnna,Weber,19800201\n")
    pairs = list(linking.link(linking.read(one), linking.read(other)))
    assert {(pair.id_a, pair.id_b) for pair in pairs if pair.weight > 0} >= {("1", "1")}
    assert all(pair.id_a in "12" for pair in pairs)


def test_a_file_without_names_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(linking.BadFile, match="no column with names"):
        linking.read(file)


def test_traps_are_told_by_kind_when_the_truth_is_known(tmp_path: Path) -> None:
    file = tmp_path / "persons.csv"
    file.write_text(
        "id,person,given,family,dob,nid,cp,street,num\n"
        "a1,A,Anna,Weber,1980-02-01,1980020145711,4030,rue de l Eau,12\n"
        "a2,A,Weber,Anna,1980-02-01,,4030,rue de l Eau,12\n"
        "b1,B,Berta,Weber,1980-02-01,,4030,rue de l Eau,12\n"
        "c1,C,Karl,Braun,1950-03-04,,9530,Grand-Rue,1\n"
    )
    records = linking.read(file)
    pairs = [linking.Pair("a2", "a1", 9.0, LINK), linking.Pair("a1", "b1", 1.0, ASK)]
    told = trapping.report(records, trapping.truth(file), pairs)
    fared = {(one.kind, one.same): one[2:] for one in told.fared}
    assert fared["swapped names", True] == (1, 1, 0) and fared["number missing", True] == (1, 1, 0)
    assert fared["twins", False][0] >= 1 and fared["twins", False][2] == 1
    assert (told.precision, told.recall, told.asked) == (1.0, 1.0, 1)
    bad = tmp_path / "bad.csv"
    bad.write_text("record,name\n")
    with pytest.raises(linking.BadFile, match="who is who"):
        trapping.truth(bad)

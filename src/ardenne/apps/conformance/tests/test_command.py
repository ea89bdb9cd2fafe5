"""The command: shapes that it recognises, what it prints, its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from ardenne.apps.conformance import command
from ardenne.apps.conformance.suite import judged

FHIRPATH = """<tests name="any" xmlns:x="http://example.org/x">
  <group name="g">
    <test name="good"><expression>1 + 1</expression><output type="integer">2</output></test>
    <test name="bad"><expression>1 + 1</expression><output type="integer">3</output></test>
    <test name="input" inputfile="other/p.xml"><expression>name.given</expression><output type="string">A</output></test>
    <test name="lost" inputfile="nowhere.xml"><expression>id</expression></test>
    <test name="refused"><expression invalid="true">1 +</expression></test>
    <test name="cda" mode="cda"><expression>typeId.root = %terminologies.expand('x')</expression></test>
  </group>
</tests>"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def fhirpath_folder(folder: Path) -> Path:
    (folder / "deep").mkdir()
    (folder / "deep/whatever.xml").write_text(FHIRPATH)
    (folder / "no-suite.xml").write_text("<Patient xmlns='http://hl7.org/fhir'/>")
    (folder / "broken.xml").write_text("<tests")
    (folder / "deep/p.json").write_text('{"resourceType": "Patient", "name": [{"given": ["A"]}]}')
    return folder


def test_any_file_name_and_a_json_twin_of_an_input(tmp_path: Path) -> None:
    found = run("fhirpath", str(fhirpath_folder(tmp_path)), "--json")
    report = json.loads(found.output)
    assert (found.exit_code, report["passed"], report["failed"]) == (1, 3, 3)
    assert [miss["name"] for miss in report["misses"]] == ["g/bad", "g/lost", "g/cda"]
    assert report["misses"][0]["reason"] == "integer 3 was expected, found [2]"


def test_known_misses_decide_the_exit_code(tmp_path: Path) -> None:
    folder = fhirpath_folder(tmp_path)
    misses = tmp_path / "known.tsv"
    misses.write_text("# note\ng/bad\twrong\ng/lost\tno input\ng/cda\tno CDA model\n")
    assert run("fhirpath", str(folder), "--allow", str(misses)).exit_code == 0
    misses.write_text("g/bad\twrong\ng/lost\tno input\ng/cda\tno CDA model\ng/good\tnever\n")
    unexpected = run("fhirpath", str(folder), "--allow", str(misses))
    assert unexpected.exit_code == 1
    assert "PASSES NOW, take it from the list of known misses  g/good" in unexpected.output
    misses.write_text("g/bad\n")
    assert "needs a tab and its reason" in run("fhirpath", str(folder), "--allow", str(misses)).output


def test_views(tmp_path: Path) -> None:
    view = {"resource": "Patient", "select": [{"column": [{"name": "id", "path": "id"}]}]}
    tests = [
        {"title": "rows", "view": view, "expect": [{"id": "a"}]},
        {"title": "columns", "view": view, "expectColumns": ["id"], "expectCount": 1},
        {"title": "error", "view": {}, "expectError": True},
        {"title": "miss", "view": view, "expect": [{"id": "b"}]},
    ]
    suite = {"resources": [{"resourceType": "Patient", "id": "a"}], "tests": tests}
    (tmp_path / "x.json").write_text(json.dumps(suite))
    (tmp_path / "list.json").write_text("[]")
    found = run("sql-on-fhir", str(tmp_path))
    assert found.exit_code == 1
    assert "sql-on-fhir: 3 passed, 1 failed of 4 (75.0 %)" in found.output
    assert "MISS  x/miss" in found.output


def test_patches(tmp_path: Path) -> None:
    cases = [
        {"comment": "ok", "doc": {"a": 1}, "patch": [{"op": "remove", "path": "/a"}], "expected": {}},
        {"comment": "error", "doc": {}, "patch": [{"op": "remove", "path": "/a"}], "error": "missing"},
    ]
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    found = run("patch", str(tmp_path))
    assert (found.exit_code, found.output) == (0, "patch: 2 passed, 0 failed of 2 (100.0 %)\n")


def test_a_case_that_crashes_is_a_miss() -> None:
    assert judged(lambda: str(1 // 0)) == "crashed with ZeroDivisionError: integer division or modulo by zero"
    assert judged(lambda: "") == ""


def test_a_folder_of_another_shape_is_refused(tmp_path: Path) -> None:
    for suite in ("fhirpath", "sql-on-fhir", "patch"):
        found = run(suite, str(tmp_path))
        assert found.exit_code == 1
        assert found.output.startswith("Error: ")
    assert run("nonsense", str(tmp_path)).exit_code == 2

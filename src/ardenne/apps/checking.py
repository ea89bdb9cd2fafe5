"""``ardenne check``: what is wrong with a document, where, and how to mend it; nothing is sent or kept."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec
import orjson

from ardenne.kernel.settings import load
from ardenne.standards.checking import RULES, Verdict, check
from ardenne.standards.recognition import is_packed, unpack

_SIGNS = {"error": "ERROR", "warning": "warn ", "information": "info "}


@click.command("check")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a file.")
def command(paths: tuple[Path, ...], as_json: bool) -> None:
    """Check CDA, FHIR, HL7 v2, KMEHR, PDF and text files by the rules of the door.

    Exit code 0: the door takes every file; 1: it refuses one, and the reason is told.
    """
    zone = load().time_zone
    good = True
    for path in paths:
        data = path.read_bytes()
        sidecar = path.with_name(path.name + ".json")
        described = orjson.loads(sidecar.read_bytes()) if sidecar.exists() else None
        verdict = check(unpack(data) if is_packed(data) else data, path.name, described, zone=zone)
        good = good and verdict.good
        if as_json:
            found = {"file": str(path), "good": verdict.good, **msgspec.to_builtins(verdict)}
            click.echo(orjson.dumps(found).decode())
        else:
            _print(path, verdict)
    if not as_json:
        click.echo(f"rules {RULES}")
    sys.exit(0 if good else 1)


def _print(path: Path, verdict: Verdict) -> None:
    click.echo(f"{'good' if verdict.good else 'BAD '}  {path}  {verdict.kind or 'not recognised'}")
    for one in verdict.findings:
        place = ", ".join(part for part in (one.path, f"line {one.line}" if one.line else "") if part)
        click.echo(f"  {_SIGNS[one.severity]} {one.rule}{f' at {place}' if place else ''}")
        click.echo(f"        {one.found}. {one.mend}")

"""``ardenne profiles``: the definitions of implementation guides, from folders and packages."""

from __future__ import annotations

import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import click
import orjson

from ardenne.kernel.rest import incoming
from ardenne.kernel.rest.errors import RestError
from ardenne.kernel.settings import load
from ardenne.kernel.store import change
from ardenne.kernel.store.bulk import BulkWriter
from ardenne.kernel.store.change import Change, Method, Mode
from ardenne.standards.fhir.json import dump

TYPES = (
    "StructureDefinition", "ValueSet", "CodeSystem", "ConceptMap", "SearchParameter", "NamingSystem",
    "OperationDefinition", "CapabilityStatement", "ImplementationGuide",
)  # fmt: skip
_BATCH = 200
_LARGEST = 256 << 20


@click.command("profiles")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), help="Data folder of the node (default: data).")
@click.option("--database", help="The node's PostgreSQL, if it is not the embedded one.")
def command(paths: tuple[Path, ...], data: Path | None, database: str | None) -> None:
    """Load the definitions in PATHS: JSON files, folders of them, or packages (.tgz) of implementation guides.

    Loading the same again changes nothing. Profiles that resources declare are enforced from then on.
    """
    from ardenne.apps import serving

    settings = load(data=str(data) if data else None, database=database)
    loaded: Counter[str] = Counter()
    with serving.database(settings) as dsn:
        writer = BulkWriter(dsn)
        batch: list[Change] = []
        for path in paths:
            for name, content in files(path):
                found = _change(name, content)
                if found is not None:
                    loaded[found.resource_type] += 1
                    batch.append(found)
                if len(batch) >= _BATCH:
                    writer.write(batch)
                    batch = []
        writer.write(batch)
        writer.close()
    for kind, count in sorted(loaded.items()):
        click.echo(f"{kind:<22} {count:>6,}")
    if not loaded:
        raise click.ClickException("there are no definitions in it: name a package or a folder of JSON files")


def files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each JSON file of a file, a folder or a package, without examples."""
    if path.is_dir():
        for each in sorted(path.rglob("*.json")):
            if "example" not in each.relative_to(path).parts:
                yield str(each), each.read_bytes()
    elif path.suffix in (".tgz", ".gz", ".tar"):
        with tarfile.open(path) as archive:
            for member in archive:
                parts = PurePosixPath(member.name).parts
                wanted = member.isfile() and member.size <= _LARGEST and parts[-1].endswith(".json")
                if wanted and parts[0] == "package" and len(parts) == 2:
                    content = archive.extractfile(member)
                    assert content is not None
                    yield f"{path}:{member.name}", content.read()
    else:
        yield str(path), path.read_bytes()


def _change(name: str, content: bytes) -> Change | None:
    """Return the change that stores a definition; None for other files and, with a word, for invalid ones."""
    try:
        resource = orjson.loads(content)
    except orjson.JSONDecodeError:
        click.echo(f"{name}: no JSON, left out", err=True)
        return None
    if not isinstance(resource, dict) or resource.get("resourceType") not in TYPES:
        return None
    if not resource.get("id"):
        resource["id"] = str(resource.get("url", "")).rpartition("/")[2][:64] or Path(name).stem[:64]
        content = dump(resource)
    try:
        sent = incoming.read_resource(content)
    except RestError as error:
        issue = error.issues[0]
        click.echo(f"{name}: left out: {issue.path}: {issue.message}", err=True)
        return None
    return change.write(sent.resource, content, sent.resource["id"], Mode.PUT_UNLESS_SAME, Method.PUT)

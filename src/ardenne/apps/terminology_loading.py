"""``ardenne terminology``: load code systems from the publishers' own files, list and remove them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ardenne.kernel.settings import Settings, load
from ardenne.kernel.terminology import writing
from ardenne.kernel.terminology.loaders import LOADERS, Files, LoadError, Options

_DATA = click.option(
    "--data", type=click.Path(path_type=Path), help="Data folder of the node (default: data)."
)
_DATABASE = click.option("--database", help="The node's PostgreSQL, if it is not the embedded one.")


@click.group("terminology")
def command() -> None:
    """Code systems of the node: load, list, remove."""


@command.command("load")
@click.argument("kind", type=click.Choice(sorted(LOADERS)))
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--url", default="", help="URL of the code system (needed for csv).")
@click.option("--version", default="", help="Version, where the files do not say it.")
@click.option("--name", default="", help="Name, where the files do not say it.")
@click.option("--language", default="", help="Language of the displays.")
@_DATA
@_DATABASE
def load_(
    kind: str, path: Path, url: str, version: str, name: str, language: str,
    data: Path | None, database: str | None,
) -> None:  # fmt: skip
    """Load the code system in PATH: a folder, a zip archive as it was downloaded, or a file.

    The files stay yours: they are read and not copied. You need the publisher's licence to use them.
    """
    from ardenne.apps import serving

    try:
        release = LOADERS[kind](Files(path), Options(url, version, name, language))
        with serving.database(_settings(data, database)) as dsn:
            count = writing.write(dsn, release, _show if sys.stderr.isatty() else lambda count: None)
    except (LoadError, UnicodeDecodeError) as error:
        raise click.ClickException(str(error)) from None
    version = f" version {release.version}" if release.version else ""
    click.echo(f"loaded {release.url}{version}: {count:,} concepts")


@command.command("list")
@_DATA
@_DATABASE
def list_(data: Path | None, database: str | None) -> None:
    """List the code systems that are loaded."""
    from ardenne.apps import serving

    with serving.database(_settings(data, database)) as dsn:
        found = writing.listed(dsn)
    for url, version, name, concepts, _loaded in found:
        click.echo(f"{name:<20} {concepts:>9,}  {url}{'|' + version if version else ''}")
    if not found:
        click.echo("no code system is loaded: see ardenne terminology load --help")


@command.command("remove")
@click.argument("url")
@click.option("--version", default="", help="Version of the code system.")
@_DATA
@_DATABASE
def remove(url: str, version: str, data: Path | None, database: str | None) -> None:
    """Remove a loaded code system. Exit code 1 when there was none."""
    from ardenne.apps import serving

    with serving.database(_settings(data, database)) as dsn:
        count = writing.remove(dsn, url, version)
    if not count:
        raise click.ClickException(
            f"{url} with version '{version}' is not loaded: see ardenne terminology list"
        )
    click.echo(f"removed {url}")


def _settings(data: Path | None, database: str | None) -> Settings:
    return load(data=str(data) if data else None, database=database)


def _show(count: int) -> None:
    sys.stderr.write(f"\r{count:,} concepts ")
    sys.stderr.flush()

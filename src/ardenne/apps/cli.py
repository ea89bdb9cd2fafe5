"""The command ``ardenne``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ardenne import __version__
from ardenne.kernel.settings import SettingsError, load
from ardenne.kernel.store.embedded import DatabaseError


class Commands(click.Group):
    """A group whose known errors are one clear line and exit code 1."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except (DatabaseError, SettingsError) as error:
            click.echo(f"ardenne: {error}", err=True)
            sys.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ardenne")
def main() -> None:
    """Ardenne: a shared care record and everything around it."""


@main.command()
@click.option("--data", type=click.Path(path_type=Path), help="Data folder (default: data).")
@click.option("--host", help="Address to listen on (default: 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (default: 8080).")
@click.option("--database", help="A PostgreSQL 15-18 instead of the embedded one: postgresql://…")
@click.option("--workers", type=click.IntRange(1, 64), help="Worker processes (default: 2).")
@click.option("--open", "open_", is_flag=True, default=None, help="Loopback callers are the operator.")
def serve(
    data: Path | None,
    host: str | None,
    port: int | None,
    database: str | None,
    workers: int | None,
    open_: bool | None,
) -> None:
    """Serve this node until Ctrl-C."""
    from ardenne.apps import serving

    settings = load(
        data=str(data) if data else None, host=host, port=port, database=database, workers=workers, open=open_
    )
    serving.serve(settings, lambda address: click.echo(f"ready {address}"))


if __name__ == "__main__":
    main()

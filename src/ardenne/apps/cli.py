"""The command ``ardenne``."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click

from ardenne import __version__
from ardenne.kernel.settings import SettingsError, load
from ardenne.kernel.store.embedded import DatabaseError

_ELSEWHERE = {
    "affiliation": "ardenne.apps.affiliation_loading:command",
    "authorisations": "ardenne.apps.authorisation_loading:command",
    "bench": "ardenne.apps.bench.command:command",
    "card": "ardenne.services.vaccination.card_cli:command",
    "check": "ardenne.apps.checking:command",
    "conformance": "ardenne.apps.conformance:command",
    "contents": "ardenne.apps.contents:contents",
    "decide": "ardenne.apps.access:decide",
    "directory": "ardenne.apps.directory_loading:command",
    "export": "ardenne.apps.exporting:command",
    "journal": "ardenne.apps.access:journal",
    "mpi": "ardenne.apps.persons:command",
    "population": "ardenne.apps.population.command:command",
    "profiles": "ardenne.apps.profile_loading:command",
    "terminology": "ardenne.apps.terminology_loading:command",
    "vaccination": "ardenne.services.vaccination.cli:command",
}
"""Commands by module and name: only the one that is called is loaded, also by every process that it starts."""


class Commands(click.Group):
    """A group whose known errors are one clear line and exit code 1, and whose commands are loaded when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted({*super().list_commands(ctx), *_ELSEWHERE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, None when there is none of that name."""
        place = _ELSEWHERE.get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = place.partition(":")
        found: click.Command = getattr(importlib.import_module(module), name)
        return found

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
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
@click.option("--mllp", type=int, help="Port that takes HL7 v2 messages over MLLP (default: none).")
@click.option("--smtp", type=int, help="Port at which mail programs hand over messages (default: none).")
@click.option("--imap", type=int, help="Port at which mail programs read messages (default: none).")
@click.option(
    "--watch", type=click.Path(path_type=Path), help="Folder whose files are filed (default: none)."
)
def serve(
    data: Path | None,
    host: str | None,
    port: int | None,
    database: str | None,
    workers: int | None,
    open_: bool | None,
    mllp: int | None,
    smtp: int | None,
    imap: int | None,
    watch: Path | None,
) -> None:
    """Serve this node until Ctrl-C."""
    from ardenne.apps import serving

    settings = load(
        data=str(data) if data else None, host=host, port=port, database=database, workers=workers, open=open_,
        mllp_port=mllp, messaging_smtp_port=smtp, messaging_imap_port=imap, watch=str(watch) if watch else None,
    )  # fmt: skip
    serving.serve(settings, lambda address: click.echo(f"ready {address}"))


@main.command()
@click.option("--data", type=click.Path(path_type=Path), help="Data folder (default: data).")
@click.option("--port", type=int, help="Port to listen on (default: 8080).")
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="Worker processes (default: 1).")
@click.option("--reset", is_flag=True, help="Remove the data folder first.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.option("--open", "open_", is_flag=True, help="Loopback callers who do not sign in are the operator.")
@click.option(
    "--corpus", type=click.Path(path_type=Path), help="Also load the sample documents of this folder."
)
def demo(
    data: Path | None,
    port: int | None,
    workers: int,
    reset: bool,
    no_browser: bool,
    open_: bool,
    corpus: Path | None,
) -> None:
    """Start a node with invented persons on both sides of the border."""
    from ardenne.apps import demonstration

    settings = load(data=str(data) if data else None, port=port, workers=workers, open=open_)
    demonstration.run(settings, reset, not no_browser, corpus)


@main.command()
@click.option("--data", type=click.Path(path_type=Path), help="Data folder (default: data).")
@click.option("--port", type=int, help="Port to look at (default: 8080).")
@click.option("--database", help="The node's PostgreSQL, if it is not the embedded one.")
def doctor(data: Path | None, port: int | None, database: str | None) -> None:
    """Check this machine and the data folder. Exit code 1 when something stands in the way."""
    from ardenne.apps import examination

    settings = load(data=str(data) if data else None, port=port, database=database)
    findings = examination.examine(settings)
    for finding in findings:
        click.echo(f"{'ok ' if finding.good else 'BAD'}  {finding.what}: {finding.found}")
    sys.exit(0 if all(finding.good for finding in findings) else 1)


@main.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), help="Data folder of the node (default: data).")
@click.option("--database", help="The node's PostgreSQL, if it is not the embedded one.")
@click.option("--server", help="Address of a running node to send the files to instead.")
@click.option(
    "--processes", type=click.IntRange(1, 64), help="Processes that load FHIR (default: one a core)."
)
@click.option("--quiet", is_flag=True, help="No progress, only the closing table.")
def import_(
    paths: tuple[Path, ...],
    data: Path | None,
    database: str | None,
    server: str | None,
    processes: int | None,
    quiet: bool,
) -> None:
    """Import files and folders: FHIR, CDA, HL7 v2, KMEHR, PDF and text with a sidecar.

    Exit code 0: everything is filed; 2: something was rejected and waits in the error desk.
    """
    from ardenne.apps import importing

    settings = load(data=str(data) if data else None, database=database)
    sys.exit(importing.run(list(paths), settings, server or "", processes, quiet))


@main.command()
@click.option("--data", type=click.Path(path_type=Path), help="Data folder of the node (default: data).")
@click.option("--database", help="The node's PostgreSQL, if it is not the embedded one.")
@click.option("--user", required=True, help="Login, such as anne.schmitz.")
@click.option(
    "--scope", default="", help='SMART scopes (default: "user/*.cruds", of software "system/*.cruds").'
)
@click.option(
    "--purpose", default="", help="Purpose of use: TREAT, ETREAT, HOPERAT, PUBHLTH, HRESCH, PATRQT, HPAYMT."
)
@click.option("--role", default="", help="Profession or organisation, for a login with several roles.")
@click.option("--patient", default="", help="Patient id of the launch context, for patient/ scopes.")
@click.option("--minutes", type=click.IntRange(1, 720), default=10, help="How long it holds (default: 10).")
@click.option(
    "--port", type=int, help="Port of the server whose token it is (default: that of the data folder)."
)
def token(
    data: Path | None,
    database: str | None,
    user: str,
    scope: str,
    purpose: str,
    role: str,
    patient: str,
    minutes: int,
    port: int | None,
) -> None:
    """Print an access token of a demonstration's login, for trying the FHIR door. Development only."""
    from ardenne.apps import tokens

    settings = load(data=str(data) if data else None, database=database, port=port)
    click.echo(tokens.issue(settings, tokens.Wish(user, scope, purpose, role, patient, minutes)))


if __name__ == "__main__":
    main()

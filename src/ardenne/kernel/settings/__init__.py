"""The settings of a node: one value type, read once, documented in docs/settings.md."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ardenne.kernel.http.certificates import DOORS, networks

ENVIRONMENT_PREFIX = "ARDENNE_"


class Settings(msgspec.Struct, frozen=True):
    """What an operator may choose. Every field can be set by ARDENNE_<NAME> in the environment."""

    data: str = "data"
    """The data folder: embedded database, contents, keys."""
    database: str = ""
    """Connection string of a PostgreSQL 15 to 18; empty: the embedded one in the data folder."""
    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = 8080
    """The port to listen on."""
    workers: int = 2
    """Worker processes."""
    open: bool = False
    """Every loopback caller is the operator; any other address is refused. For development."""
    base_url: str = ""
    """The public address, such as https://node.example; empty: what the caller's Host header says."""
    body_limit: int = 64 * 1024 * 1024
    """The largest request content in bytes."""
    cors_origins: str = ""
    """Comma list of origins whose pages may call /fhir, such as https://app.example."""
    import_folder: str = ""
    """The folder whose NDJSON files $import may read; empty: none of this machine."""
    import_hosts: str = ""
    """Comma list of hosts (or host:port) that $import may fetch from; empty: none."""
    required_profiles: str = ""
    """Comma list of Type=URL: profiles that every resource of a type must meet to be stored."""
    declared_profiles: bool = True
    """Whether a resource must meet the profiles that it names in meta.profile and that are known here."""
    subscription_hosts: str = ""
    """Comma list of hosts that subscriptions may call; empty: any."""
    subscription_attempts: int = 10
    """How often a notification is tried before it becomes a dead letter."""
    smtp_host: str = ""
    """The mail server for subscriptions by e-mail; empty: none are sent."""
    smtp_port: int = 25
    """The port of the mail server."""
    smtp_from: str = ""
    """The address that e-mail comes from."""
    connections: int = 8
    """Database connections of each worker."""
    corpus: str = "../shared/data"
    """Folder of sample documents for tests and ``demo --corpus``."""
    journal_seal_minutes: int = 60
    """How often the journal is summed up in a signed root."""
    journal_retention_days: int = 3650
    """After how many days the contents of journal lines are erased, their hashes kept; 0: never."""
    jurisdiction: str = "lu"
    """Whose data applies: access matrix and professions. The package ships lu and be-wal."""
    zone: str = "Europe/Luxembourg"
    """Time zone of the node: times are shown in it, and times that arrive without zone are read in it."""

    watch: str = ""
    """A folder: what is put there is filed and moved to its done or failed; empty: none."""
    mllp_port: int = 0
    """The port that takes HL7 v2 messages over MLLP; 0: none are taken."""
    mllp_host: str = ""
    """The address for MLLP; empty: that of the pages. Without TLS only for a network that is closed to others."""
    mllp_certificate: str = ""
    """File of the certificate for MLLP over TLS; empty: no TLS."""
    mllp_key: str = ""
    """File of its private key."""
    mllp_authorities: str = ""
    """File of the authorities whose certificates senders must show; empty: senders show none."""
    mutual_tls_port: int = 0
    """A further port where whoever calls shows a certificate (TLS 1.2 or later, HTTP/1.1); 0: none."""
    mutual_tls_certificate: str = ""
    """File of the certificate of that port."""
    mutual_tls_key: str = ""
    """File of its private key."""
    mutual_tls_authorities: str = ""
    """File of the authorities that give clients their certificates, at that port and behind a proxy."""
    mutual_tls_proxies: str = ""
    """Comma list of addresses or networks of proxies that end TLS and send the header Client-Cert (RFC 9440)."""
    mutual_tls_doors: str = ""
    """Comma list of doors that let in registered certificates only: fhir, sharing, persons, oauth, mllp."""
    person_receivers: str = ""
    """File that names whom to tell when the numbers of a person change (TSV: name, address, domains); empty: nobody."""
    duplicate_search_hour: int = 2
    """Hour of the node's time zone from which on it searches all persons for duplicates, once a night; negative: never."""
    community: str = "2.25.225059093409651210223550905396039693566"
    """OID of this community (homeCommunityId); the repository is its .1, its own patient ids are .2."""
    xua_issuers: str = ""
    """Folder of PEM certificates of those whose SAML assertions are believed; empty: nobody's."""
    xua_audience: str = ""
    """Comma list of the audiences that SAML assertions may name; empty: the issuer's address of this node."""

    messaging_domain: str = "mail.ardenne.localhost"
    """What stands after the @ in the addresses of secure messaging. Certificates hold it: choose it once."""
    messaging_smtp_port: int = 0
    """The port at which mail programs hand over messages (SMTP over TLS, RFC 8314); 0: none."""
    messaging_imap_port: int = 0
    """The port at which mail programs read (IMAP over TLS); 0: none."""
    messaging_host: str = ""
    """The address for both mail doors; empty: that of the pages."""
    messaging_certificate: str = ""
    """File of the certificate for both mail doors; empty: one of the node's own authority for mail."""
    messaging_key: str = ""
    """File of its private key."""
    messaging_authorities: str = ""
    """File of further authorities whose certificates members may bring (PEM); empty: none."""

    profile: str = "development"
    """``development`` or ``production``; production refuses open doors, built-in logins and plain http."""
    oidc_issuer: str = ""
    """An outside OpenID Connect provider at which people may sign in; empty: none."""
    oidc_client: str = ""
    """Our client id at that provider."""
    oidc_claim: str = "sub"
    """The claim by which that provider names an account that is linked here."""
    oidc_name: str = ""
    """The provider's name on the sign-in page."""

    @property
    def data_folder(self) -> Path:
        return Path(self.data).expanduser()

    @property
    def issuer(self) -> str:
        """The node's own name in tokens: its public address, or where it listens."""
        if self.base_url:
            return self.base_url.rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def closed_doors(self) -> tuple[str, ...]:
        """The doors that let in applications with a registered certificate only."""
        return tuple(one.strip() for one in self.mutual_tls_doors.split(",") if one.strip())

    @property
    def time_zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message names it."""


def load(**chosen: Any) -> Settings:
    """Return the settings: ``chosen`` (from the command line, None means not given), then environment."""
    values: dict[str, Any] = {}
    for name in Settings.__struct_fields__:
        text = os.environ.get(ENVIRONMENT_PREFIX + name.upper())
        if text is not None:
            values[name] = text
    values.update({name: value for name, value in chosen.items() if value is not None})
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"a setting cannot be used: {error}") from None
    _check_profile(settings)
    _check_community(settings)
    _check_mutual_tls(settings)
    try:
        ZoneInfo(settings.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(
            f"zone: there is no time zone '{settings.zone[:60]}': write it as in Europe/Luxembourg"
        ) from None
    return settings


def _check_community(settings: Settings) -> None:
    if not re.fullmatch(r"[0-2](\.(0|[1-9]\d*))+", settings.community, re.ASCII):
        raise SettingsError(
            f"community: '{settings.community[:60]}' is no OID: write it as 1.3.6.1.4.1.99999.1"
        )


def _check_mutual_tls(settings: Settings) -> None:
    """Raise SettingsError for doors that nobody could enter, or that everybody could."""
    files = (settings.mutual_tls_certificate, settings.mutual_tls_key, settings.mutual_tls_authorities)
    if settings.mutual_tls_port and not all(files):
        raise SettingsError(
            "mutual_tls_port: needs mutual_tls_certificate, mutual_tls_key and mutual_tls_authorities"
        )
    for name in settings.closed_doors:
        if name not in DOORS:
            raise SettingsError(f"mutual_tls_doors: '{name[:40]}' is none of {', '.join(DOORS)}")
        if name == "mllp" and not settings.mllp_authorities:
            raise SettingsError("mutual_tls_doors: mllp needs mllp_authorities")
    shown = settings.mutual_tls_port or settings.mutual_tls_proxies
    if set(settings.closed_doors) - {"mllp"} and not shown:
        raise SettingsError("mutual_tls_doors: needs mutual_tls_port or mutual_tls_proxies")
    try:
        networks(settings.mutual_tls_proxies)
    except ValueError:
        raise SettingsError("mutual_tls_proxies: write addresses or networks such as 10.0.0.0/8") from None


def _check_profile(settings: Settings) -> None:
    """Raise SettingsError for what a production node must not do."""
    if settings.profile not in ("development", "production"):
        raise SettingsError(f"profile: '{settings.profile[:40]}' is none: development or production")
    if settings.oidc_issuer and not settings.oidc_client:
        raise SettingsError("oidc_client: the outside provider needs our client id too")
    if settings.profile == "development":
        return
    if settings.open:
        raise SettingsError("open: a production node asks everybody who they are: start without --open")
    if not settings.base_url.startswith("https://"):
        raise SettingsError(
            "base_url: a production node needs its public address, which begins with https://"
        )
    if settings.oidc_issuer and not settings.oidc_issuer.startswith("https://"):
        raise SettingsError("oidc_issuer: must begin with https:// in production")


WORKER_VARIABLE = "ARDENNE_WORKER_SETTINGS"
"""The variable of the environment by which worker processes get the settings, encoded."""


def encode(settings: Settings) -> str:
    """Return the settings as text for the worker processes."""
    return msgspec.json.encode(settings).decode()


def decode(text: str) -> Settings:
    """Return the settings that ``encode`` wrote."""
    return msgspec.json.decode(text, type=Settings)

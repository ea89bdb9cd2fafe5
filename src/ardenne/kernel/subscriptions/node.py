"""The subscriptions of one worker process, made from the settings."""

from __future__ import annotations

from ardenne.kernel.mail import mail_server
from ardenne.kernel.rest.router import PREFIX
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.kernel.subscriptions.operations import SubscriptionOperations
from ardenne.kernel.subscriptions.rules import Rules
from ardenne.kernel.subscriptions.runner import SubscriptionRunner, utc_now
from ardenne.kernel.subscriptions.websocket import WebsocketDoor


class Subscriptions:
    """The background work, the operations and the websockets."""

    def __init__(self, service: FhirService, settings: Settings) -> None:
        rules = rules_of(settings)
        self.runner = SubscriptionRunner(service, rules)
        self.operations = SubscriptionOperations(utc_now)
        self.websockets = WebsocketDoor(service, rules, utc_now)


def rules_of(settings: Settings) -> Rules:
    """Return what the settings allow subscriptions."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = settings.base_url or f"http://{host}:{settings.port}"
    hosts = (name.strip().lower() for name in settings.subscription_hosts.split(","))
    return Rules(
        f"{address}{PREFIX}",
        bool(settings.base_url),
        frozenset(name for name in hosts if name),
        settings.open,
        max(settings.subscription_attempts, 1),
        mail_server(settings),
    )

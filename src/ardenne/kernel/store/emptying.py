"""Removing everything: for tests and for resetting a demonstration."""

from __future__ import annotations

from ardenne.kernel.store import groups
from ardenne.kernel.store.database import Database

_TABLES = (
    "resource", "history", "posting", "string_value", "date_value", "number_value", "position_value", "token_text",
    "subscription_state", "subscription_event", "subscription_token",
    "policy_record", "policy_grant", "policy_exclusion", "policy_pending", "journal", "journal_lane", "journal_root",
    "reindex_job", "contained_resource", "word_index", "patient_replaced", "patient_group",
    "content_key", "content", "content_removed",
)  # fmt: skip
_NEW_GENERATION = "update search_generation set generation = nextval('search_generation_number')"


async def empty(database: Database) -> None:
    """Delete every resource with its history and index. There is no way back."""
    async with database.connection() as connection:
        await connection.execute(f"truncate {', '.join(_TABLES)}")
        await connection.execute(_NEW_GENERATION)
    groups.forget()

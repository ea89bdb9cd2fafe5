"""The node with the tables of the record."""

from ardenne.services.record.testing.fixtures import _record_tables, filing_node

__all__ = ["_record_tables", "filing_node"]

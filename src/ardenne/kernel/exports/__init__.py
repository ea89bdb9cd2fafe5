"""Bulk data (FHIR Bulk Data Access 2.0): exports as NDJSON files, made in the background."""

"""Numbered SQL migrations of the record service."""

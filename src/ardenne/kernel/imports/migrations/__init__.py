"""Numbered SQL migrations of bulk export."""

"""Numbered SQL migrations of the store; see ardenne.kernel.store.migrate."""

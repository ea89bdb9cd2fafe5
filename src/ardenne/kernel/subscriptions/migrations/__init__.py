"""Migrations of the subscriptions."""

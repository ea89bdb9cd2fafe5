"""Feeds: what arrives by itself, how much of it, and trying again what could not be filed."""

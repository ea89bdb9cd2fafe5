"""Campaigns: target persons, control groups, invitations, reminders, effect."""

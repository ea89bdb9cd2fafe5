"""Deleting a record for good after the legal time, decided by two officers."""

"""Notices by e-mail that there is something new, without saying what; only to confirmed addresses."""

"""Answers to commands that are understood but not possible."""

from __future__ import annotations


class No(Exception):
    """A command that was understood but cannot be carried out; the message may begin with a code in brackets."""

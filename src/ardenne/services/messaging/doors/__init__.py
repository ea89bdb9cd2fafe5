"""Doors for ordinary mail programs: SMTP for handing over, IMAP for reading, both over TLS from the first byte (RFC 8314)."""

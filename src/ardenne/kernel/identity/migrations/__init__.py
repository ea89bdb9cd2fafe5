"""Tables of accounts, sessions and tokens."""

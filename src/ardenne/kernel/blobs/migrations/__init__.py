"""Tables of the content store."""

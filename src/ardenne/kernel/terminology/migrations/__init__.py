"""Tables of loaded code systems."""

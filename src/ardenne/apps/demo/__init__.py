"""The demonstration: invented persons on both sides of the border, and their documents in every format."""

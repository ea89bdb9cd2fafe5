"""SQL migrations of the access service."""

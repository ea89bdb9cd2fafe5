"""The web base: requests and answers as values, and their way in and out of the ASGI server."""

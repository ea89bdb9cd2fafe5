"""The referring doctor (system B5): agreement between patient and doctor, the access that it opens, yearly review."""

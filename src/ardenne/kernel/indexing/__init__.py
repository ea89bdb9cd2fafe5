"""Custom search parameters at work: learning them, indexing what is stored, telling the progress."""

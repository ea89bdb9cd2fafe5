"""What tests of the record and of what builds on it share: a node with its tables, documents to file."""

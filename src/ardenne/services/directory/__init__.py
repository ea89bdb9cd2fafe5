"""The provider directory: who practises what, where, in which languages; the public search and feeds from CSV."""

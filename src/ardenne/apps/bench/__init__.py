"""``ardenne bench``: measured workloads, each beside the floor of the same run."""

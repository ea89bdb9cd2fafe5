"""May they: decisions about access to patients' data."""

-- An officer looks for a number without knowing which source gave it.
create index mpi_identity_value on mpi_identity (value);

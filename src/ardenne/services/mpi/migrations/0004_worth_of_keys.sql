-- Keys have a worth in their lowest bits (rules/blocking.py); those that were made before are made anew at the next start.
alter table mpi_identity add column key_rule smallint not null default 1;
alter table mpi_identity alter column key_rule set default 2;
create index mpi_identity_old_keys on mpi_identity (id) where key_rule <> 2;

-- A record that is to be deleted, and its deletion. Who it was stands here by hash alone once it is done.
create table record_deletion (
    patient     bigint      primary key,          -- hash of the Patient
    patient_id  text        not null,             -- empty once it is done
    reason      text        not null check (reason in ('closed', 'opposed', 'deceased')),
    since       date        not null,
    proposed_by uuid        not null,
    proposed    timestamptz not null default now(),
    approved_by uuid,
    approved    timestamptz,
    resources   integer     not null default 0,
    contents    integer     not null default 0,
    check (approved_by is null or approved_by <> proposed_by)
);
create index record_deletion_open on record_deletion (proposed) where approved is null;

-- The index of persons. Layout: docs/decisions/0061-index-of-persons.md

-- What one source says of somebody under its own number: the newest version. "person" is the Patient whom it was
-- assigned to; merges do not change it (kernel/store/groups.py).
create table mpi_identity (
    id       bigint generated always as identity primary key,
    system   text collate "C" not null,    -- who assigned the number
    value    text collate "C" not null,
    person   text collate "C" not null,    -- Patient id
    version  integer     not null default 1,
    status   text        not null default 'provisional', -- provisional validated doubtful fictive anonymous alias retired
    sender   text        not null default '',
    sent     timestamptz not null,         -- when the source said so
    received timestamptz not null default now(),
    keys     bigint[]    not null default '{}', -- its rows in mpi_key
    traits   bytea       not null,         -- what is compared: MessagePack of a list of Traits
    content  bytea       not null,         -- Patient as the source sent it
    unique (system, value)
);
create index mpi_identity_person on mpi_identity (person);

-- Older versions, and newer ones that were not believed or came too late.
create table mpi_version (
    identity bigint      not null references mpi_identity on delete cascade,
    number   bigint      generated always as identity,
    outcome  text        not null,         -- replaced, overtaken, overlay
    sender   text        not null,
    sent     timestamptz not null,
    received timestamptz not null,
    content  bytea       not null,
    primary key (identity, number)
);

create table mpi_key (
    key      bigint not null,
    identity bigint not null,
    primary key (key, identity)
);

-- Everything that was decided, and by what. Nothing here is ever changed or removed.
create table mpi_event (
    id       bigint generated always as identity primary key,
    at       timestamptz not null default now(),
    kind     text   not null,              -- added linked refused asked overlay overtaken moved merged unmerged split unsplit apart together died
    identity bigint,
    person   text   not null,
    other    text   not null default '',
    weight   real,
    detail   jsonb  not null default '{}', -- weights per trait, guards, what an undo needs
    weights  text   not null default '',   -- version of the weights
    actor    text   not null,
    reason   text   not null default '',
    undoes   bigint references mpi_event
);
create index mpi_event_person on mpi_event (person, id);
create index mpi_event_other on mpi_event (other, id) where other <> '';
create index mpi_event_kind on mpi_event (kind, at);
create unique index mpi_event_undone_once on mpi_event (undoes) where undoes is not null;
create rule mpi_event_kept as on delete to mpi_event do instead nothing;

-- What an officer must look at.
create table mpi_case (
    id       bigint generated always as identity primary key,
    kind     text   not null,              -- duplicate collision overlay unknown
    person   text   not null,
    other    text   not null default '',
    identity bigint,
    risk     smallint not null,            -- 1 low to 5 high
    weight   real,
    detail   jsonb  not null default '{}',
    opened   timestamptz not null default now(),
    proposal text   not null default '',   -- merge: waits for a second officer
    proposed_by text not null default '',
    proposed_reason text not null default '',
    decision text   not null default '',
    decided_by text not null default '',
    reason   text   not null default '',
    closed   timestamptz
);
create unique index mpi_case_open on mpi_case (kind, person, other, coalesce(identity, 0)) where closed is null;
create index mpi_case_waiting on mpi_case (risk desc, opened) where closed is null;

-- Two persons of whom an officer said that they are two.
create table mpi_apart (
    person text not null,
    other  text not null,
    check (person < other),
    primary key (person, other)
);

-- Who stands for whom, followed to its end: the names behind patient_group.
create table mpi_survivor (
    person   text collate "C" primary key,
    survivor text collate "C" not null
);
create index mpi_survivor_survivor on mpi_survivor (survivor);

-- Family: mother and child, twins. "person" is the child.
create table mpi_relative (
    person   text not null,
    other    text not null,
    relation text not null,
    primary key (person, other, relation)
);


-- Weights learned on the node's own persons; the newest are in force.
create table mpi_weights (
    number  bigint generated always as identity primary key,
    content bytea not null,
    made    timestamptz not null default now()
);

-- Patients that were written past the index (FHIR door, bulk load): still to be put into it.
create table mpi_pending (
    patient text primary key,
    since   timestamptz not null default now()
);

create function mpi_patient_written() returns trigger language plpgsql as $$
begin
    if coalesce(current_setting('ardenne.index', true), '') <> 'knows' then
        insert into mpi_pending (patient) values (new.id) on conflict do nothing;
    end if;
    return null;
end $$;
-- 103: position of Patient in the alphabetical list of R4 resource types (kernel/store/types.py)
create trigger mpi_patient_written after insert or update of body on resource
    for each row when (new.type = 103) execute function mpi_patient_written();

insert into mpi_pending (patient) select id from resource where type = 103 and body is not null;

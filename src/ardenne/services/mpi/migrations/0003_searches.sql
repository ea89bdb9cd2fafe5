-- The nightly search for duplicates: one row a night, taken by one process of the node.
create table mpi_search (
    night      date primary key,           -- the evening before belongs to it
    state      text not null default 'running', -- running done failed
    began      timestamptz not null default now(),
    beat       timestamptz not null default now(), -- the last sign of life; another process takes over when it is old
    ended      timestamptz,
    identities bigint not null default 0,
    pairs      bigint not null default 0,
    compared   bigint not null default 0,
    links      integer not null default 0, -- surely one person
    asks       integer not null default 0, -- perhaps
    opened     integer not null default 0, -- new questions at the desk
    note       text not null default ''    -- number of the fault in the log
);

-- Who works on a case.
alter table mpi_case add column assigned text not null default '', add column assigned_name text not null default '';

-- Persons under protection: shown under an alias to everybody but the named offices.
create table mpi_alias (
    person  text collate "C" primary key,  -- Patient id, before merges
    alias   bytea not null,                -- Patient as everybody else sees it
    officer text not null,
    reason  text not null,
    since   timestamptz not null default now()
);

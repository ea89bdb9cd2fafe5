-- One row per import. What is done is kept file by file and line by line, so that one that was interrupted goes on.
create table import_job (
    id        uuid primary key,
    request   jsonb not null,                 -- address, inputs
    status    text not null default 'waiting' check (status in ('waiting', 'running', 'done', 'failed', 'cancelled')),
    progress  jsonb not null default '[]',    -- per input {lines, created, updated, unchanged, refused, done}
    attempts  integer not null default 0,     -- how often a process died over it without having got further
    failure   text not null default '',
    created   timestamptz not null default now(),
    alive     timestamptz not null default now(),  -- last sign of the process that runs it
    finished  timestamptz
);
create index import_job_open on import_job (created) where status in ('waiting', 'running');

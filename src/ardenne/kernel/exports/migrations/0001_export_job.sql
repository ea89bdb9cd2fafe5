-- One row per export. What is done is kept type by type, so that an export that was interrupted goes on.
create table export_job (
    id        uuid primary key,
    request   jsonb not null,                 -- address, level, types, since, group
    status    text not null default 'waiting' check (status in ('waiting', 'running', 'done', 'failed', 'cancelled')),
    done      jsonb not null default '[]',    -- list of {type, file, count}
    failure   text not null default '',
    created   timestamptz not null default now(),
    alive     timestamptz not null default now(),  -- last sign of the process that runs it
    finished  timestamptz
);
create index export_job_open on export_job (created) where status in ('waiting', 'running');

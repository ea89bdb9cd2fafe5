-- Files that were loaded wholly: loading them again changes nothing.
create table loaded_file (
    digest   text primary key,             -- SHA-256 of the file's bytes
    name     text not null,
    stored   integer not null,             -- resources or documents of the file
    finished timestamptz not null default now()
);

-- The error desk: what arrived and could not be filed waits here whole, with the reason.
create table error_desk (
    id       bigint generated always as identity primary key,
    digest   text not null,                -- SHA-256 of the content; the bytes are in the content store
    source   text not null,                -- file name, feed or sender
    number   integer not null default 0,   -- line within the source, from 1; 0: all of it
    reasons  jsonb not null,               -- list of {rule, place, message}
    received timestamptz not null default now(),
    settled  timestamptz,                  -- when it was filed after all, or put aside
    unique (digest, source, number)
);
create index error_desk_waiting on error_desk (received desc) where settled is null;

-- Contents are encrypted with a key of the record in which they were filed; the node's own key, a file outside the
-- database, seals these keys. Whoever deletes a record's key has deleted its documents.
create table content_key (
    record   bigint      primary key,           -- hash of the Patient in whose record it was filed; 0: nobody's
    sealed   bytea       not null,              -- the record's key, sealed by the node's key
    node_key smallint    not null,              -- number of that key
    made     timestamptz not null default now()
);
create index content_key_node_key on content_key (node_key);

create table content (
    record  bigint   not null,                  -- whose key encrypts it
    digest  bytea    not null,                  -- SHA-256 of the plain content
    size    bigint   not null,                  -- bytes of the plain content
    sealed  bytea,                              -- the encrypted content when it is small
    file    text,                               -- else the name of its file
    holders bigint[] not null,                  -- hashes of the Binaries that stand for it, or who else keeps it
    primary key (record, digest),
    check ((sealed is null) <> (file is null))
);
-- what is encrypted cannot be compressed
alter table content alter column sealed set storage external;
create index content_file on content (file) where file is not null;

-- Files that nothing leads to any more; each is removed once the transaction that says so is durable.
create table content_removed (
    file text primary key
);

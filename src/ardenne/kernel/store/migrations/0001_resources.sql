-- The resources, their older versions and the search index. Layout and measurements: docs/decisions/0004-store-layout.md

create sequence resource_pk;

-- One row per logical id. A deleted resource keeps its row (without body) so that versions go on counting.
create table resource (
    pk       bigint primary key default nextval('resource_pk'),
    type     smallint not null,              -- position in the alphabetical list of R4 resource types, from 1
    method   smallint not null,              -- how this version came: 1 POST, 2 PUT, 3 PATCH, 4 DELETE
    hot      smallint not null default 0,    -- the first so many tokens also stand in posting
    version  integer not null,
    self     bigint not null,                -- hash of "Type/id"
    patient  bigint,                         -- self of the patient whom the row belongs to
    low      bigint not null,                -- main clinical date, microseconds since 1970 UTC, [low, high);
    high     bigint not null,                -- both -9223372036854775808 when there is none
    updated  bigint not null,                -- meta.lastUpdated, microseconds
    digest   bigint not null default 0,      -- hash of the content without meta.versionId and lastUpdated
    id       text collate "C" not null,
    tokens   bigint[] not null default '{}', -- hashes of type, parameter and value
    targets  bigint[] not null default '{}', -- self of every resource that this one refers to
    tx       xid8 not null default pg_current_xact_id(), -- the transaction that wrote this version: who reads
                                             -- changes in this order, below the oldest running one, misses none
    body     bytea                           -- the exact JSON; null when deleted
);
alter table resource alter column body set storage main;
alter table resource set (fillfactor = 95);

create unique index resource_self on resource (self);
create index resource_tokens on resource using gin (tokens) with (fastupdate = on, gin_pending_list_limit = 16384);
create index resource_patient on resource (patient, type, low, pk) where patient is not null and body is not null;
create index resource_updated on resource (type, updated, pk);
create index resource_date on resource (type, low, pk) where body is not null;
create index resource_tx on resource (tx);

create table history (
    pk      bigint not null,
    version integer not null,
    type    smallint not null,
    method  smallint not null,
    updated bigint not null,
    tx      xid8 not null,
    body    bytea,
    primary key (pk, version)
);
alter table history alter column body set storage main;
create index history_updated on history (type, updated, pk, version);
create index history_tx on history (tx);

-- Rows in date order for the tokens that people search most (codes): GIN cannot return rows in order.
create table posting (
    hash bigint not null,
    date bigint not null,
    pk   bigint not null,
    primary key (hash, date, pk)
);

create table string_value (
    key   bigint not null,                   -- hash of type and parameter
    value text collate "C" not null,         -- normalised: case, accents and blanks folded
    pk    bigint not null
);
create index string_value_key on string_value (key, value, pk);
create index string_value_pk on string_value (pk);

create table date_value (
    key  bigint not null,
    low  bigint not null,
    high bigint not null,
    pk   bigint not null
);
create index date_value_key on date_value (key, low, high, pk);
create index date_value_pk on date_value (pk);

create table number_value (
    key  bigint not null,
    low  double precision not null,
    high double precision not null,
    unit bigint not null default 0,          -- hash of system and code
    code bigint not null default 0,          -- hash of the code alone
    name bigint not null default 0,          -- hash of the printed unit
    pk   bigint not null
);
create index number_value_key on number_value (key, low, high, pk);
create index number_value_pk on number_value (pk);

create table position_value (
    key       bigint not null,
    latitude  double precision not null,
    longitude double precision not null,
    pk        bigint not null
);
create index position_value_key on position_value (key, latitude, pk);
create index position_value_pk on position_value (pk);

-- The words behind codes, once each: resources carry the hash of the words among their tokens.
create table token_text (
    key  bigint not null,
    text text collate "C" not null,
    hash bigint not null,
    primary key (key, text)
);

do $$
begin
    create extension if not exists pg_trgm;
    create index string_value_trigram on string_value using gin (value gin_trgm_ops);
exception when others then
    raise notice 'pg_trgm is not available: searches with :contains will be slower';
end $$;

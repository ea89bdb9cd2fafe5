-- Large code systems (LOINC, SNOMED CT, ICD-10, ATC...), loaded from the user's own files. Layout: README.md there.

create table loaded_system (
    id             serial primary key,
    url            text not null,
    version        text not null,
    name           text not null,
    title          text not null default '',
    language       text not null default '',
    copyright      text not null default '',
    case_sensitive boolean not null default true,
    properties     jsonb not null default '[]',   -- CodeSystem.property: code, uri, type, description
    concepts       integer not null default 0,
    loaded         timestamptz not null default now(),
    unique (url, version)
);

-- A concept is known by its number: its place in the definition, parents before children.
create table loaded_concept (
    system     integer not null references loaded_system (id) on delete cascade,
    number     integer not null,
    code       text collate "C" not null,
    display    text not null,
    definition text not null default '',
    inactive   boolean not null default false,
    abstract   boolean not null default false,
    leaf       boolean not null default true,
    status     text not null default '',
    parents    bigint[] not null default '{}',    -- keys of the direct parents
    above      bigint[] not null default '{}',    -- keys of all ancestors: key = system << 32 | number
    properties jsonb not null default '{}',       -- {"COMPONENT": ["Glucose"], ...}
    words      text not null,                     -- all names and the code, normalised, for text filters
    primary key (system, number)
);
create unique index loaded_concept_code on loaded_concept (system, code);
create index loaded_concept_folded on loaded_concept (system, lower(code));
create index loaded_concept_above on loaded_concept using gin (above);
create index loaded_concept_properties on loaded_concept using gin (properties jsonb_path_ops);

create table loaded_name (
    system     integer not null references loaded_system (id) on delete cascade,
    number     integer not null,
    language   text not null default '',
    use_system text not null default '',
    use_code   text not null default '',
    value      text not null
);
create index loaded_name_concept on loaded_name (system, number);

do $$
begin
    create extension if not exists pg_trgm;
    create index loaded_concept_words on loaded_concept using gin (words gin_trgm_ops);
exception when others then
    raise notice 'pg_trgm is not available: text filters on large code systems will be slower';
end $$;

-- Applications for an authorisation to practise, and what became of them.
create table authorisation_application (
    id          uuid        primary key,
    country     text        not null,
    profession  text        not null,       -- code of the profession or speciality
    register    text        not null,
    kind        text        not null check (kind in ('permanent', 'temporary')),
    account     uuid        not null,       -- who applies
    family      text        not null,
    given       text        not null,
    birth_date  date        not null,
    nationality text        not null,
    email       text        not null,
    languages   text[]      not null default '{}',
    state       text        not null default 'draft',
    revision    integer     not null default 0,
    created     timestamptz not null default now(),
    submitted   timestamptz,
    decided     timestamptz,                -- the last decision
    delivered   timestamptz,                -- the first grant: the year of the statistics
    begins      date,
    ends        date,
    serial      bigint,
    number      text        unique,
    practitioner text       not null default ''
);
create index authorisation_account on authorisation_application (account);
create index authorisation_state on authorisation_application (state, submitted);
create index authorisation_delivered on authorisation_application (delivered) where delivered is not null;
create index authorisation_ends on authorisation_application (ends) where state in ('granted', 'suspended');

create table authorisation_document (
    id          uuid        primary key,
    application uuid        not null references authorisation_application,
    item        text        not null,       -- of the checklist
    name        text        not null,
    media_type  text        not null,
    digest      text        not null,
    size        bigint      not null,
    added       timestamptz not null default now(),
    verdict     text        not null default 'open' check (verdict in ('open', 'accepted', 'rejected')),
    remark      text        not null default '',
    unique (application, item, digest)
);

-- What happened, in order; never changed.
create table authorisation_event (
    id          bigint      generated always as identity primary key,
    application uuid        not null references authorisation_application,
    at          timestamptz not null default now(),
    act         text        not null,
    state       text        not null,
    actor       text        not null,
    actor_name  text        not null,
    reason      text        not null default ''
);
create index authorisation_event_application on authorisation_event (application, id);
create sequence authorisation_number;

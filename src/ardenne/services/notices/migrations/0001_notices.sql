-- Where somebody wants notices. Not confirmed: a code is under way.
create table notice_address (
    account   uuid        primary key,
    patient   bigint      not null,               -- hash of the account's Patient
    email     text        not null,               -- empty: removed
    language  text        not null,
    kinds     text[]      not null,               -- document, emergency
    confirmed timestamptz,
    code      bytea,                              -- SHA-256 of the code
    expires   timestamptz,
    attempts  integer     not null default 0,
    asked_on  date        not null default current_date,
    asks      integer     not null default 1       -- codes sent on that day: nobody is flooded with them
);
create index notice_address_patient on notice_address (patient) where confirmed is not null;

-- A notice to send. One of a kind waits for an account at most: many documents make one message.
create table notice (
    id       bigint      generated always as identity primary key,
    account  uuid        not null references notice_address (account) on delete cascade,
    kind     text        not null,
    made     timestamptz not null default now(),
    due      timestamptz not null,
    attempts integer     not null default 0,
    sent     timestamptz,
    failed   timestamptz                          -- given up
);
create unique index notice_waiting on notice (account, kind) where sent is null and failed is null;
create index notice_due on notice (due) where sent is null and failed is null;
create index notice_done on notice (account, kind, sent);

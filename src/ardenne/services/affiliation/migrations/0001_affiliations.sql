-- A person whom the insurance told of, with the account that was made and the letter that is to be sent.
create table affiliation (
    number     text        primary key,      -- national number, as its rules write it
    patient_id text        not null,
    account    uuid        not null,
    language   text        not null,
    opened     timestamptz not null default now(),
    printed    timestamptz,                  -- when the letter was last printed; null: it waits
    batch      uuid
);
create index affiliation_waiting on affiliation (opened) where printed is null;
create index affiliation_account on affiliation (account);
create index affiliation_batch on affiliation (batch);

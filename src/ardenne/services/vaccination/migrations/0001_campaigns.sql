-- A campaign: for whom, with which share as control group. Target persons are drawn once.
create table vaccination_campaign (
    id         uuid        primary key,
    name       text        not null,
    criteria   jsonb       not null,               -- vaccine group, states, birth range, sex, place
    share      real        not null check (share >= 0 and share <= 0.5), -- of the control group
    seed       text        not null,               -- of the random assignment: with it anybody can repeat it
    weeks      smallint    not null check (weeks between 1 and 104),     -- in which a vaccination counts
    reason     text        not null,
    state      text        not null default 'drawing' check (state in ('drawing', 'open', 'closed')),
    examined   integer     not null default 0,
    account    text        not null,
    actor      text        not null,
    made       timestamptz not null default now(),
    counted    timestamptz                         -- when the vaccinations were counted last
);

create table vaccination_target (
    campaign   uuid        not null references vaccination_campaign,
    patient_id text        not null,
    arm        text        not null check (arm in ('invited', 'control')),
    starts     date,                               -- from when a vaccination counts: the day of the first letters
    invited    timestamptz,
    reminded   timestamptz,
    vaccinated date,
    primary key (campaign, patient_id)
);
create index vaccination_target_patient on vaccination_target (patient_id);

-- Leaflets of a product in a country and language; the newest line of each counts, an empty address ends it.
create table vaccination_leaflet (
    id       bigint      generated always as identity primary key,
    country  text        not null,
    vaccine  text        not null,
    language text        not null,
    address  text        not null,
    version  text        not null default '',
    actor    text        not null,
    at       timestamptz not null default now()
);
create index vaccination_leaflet_of on vaccination_leaflet (vaccine, country, language, id);

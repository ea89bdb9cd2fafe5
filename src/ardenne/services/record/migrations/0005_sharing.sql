-- A patient summary that its patient shares by a link (SMART Health Links). The key is in the link alone: what lies here is sealed.
create table record_share (
    token      bytea       primary key,          -- SHA-256 of the random part of the address
    id         uuid        not null unique,      -- by which the patient ends it
    patient    bigint      not null,             -- hash of the Patient
    patient_id text        not null,
    label      text        not null,
    made       timestamptz not null default now(),
    expires    timestamptz not null,
    sealed     text        not null,             -- compact JWE
    passcode   text        not null default '',  -- hash; empty: none
    attempts   integer     not null,             -- wrong passcodes that are left
    opened     integer     not null default 0,
    ended      timestamptz
);
create index record_share_patient on record_share (patient, made);
create index record_share_expires on record_share (expires);

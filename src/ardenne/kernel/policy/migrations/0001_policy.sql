-- What the patient and the relations of care allow. Layout: docs/decisions/0051-decisions.md
create sequence policy_version;

-- One row per patient about whom anything is known here.
create table policy_record (
    patient         bigint  primary key,                 -- hash of Patient/id
    patient_id      text    not null,
    version         bigint  not null default nextval('policy_version'), -- changes with every fact below
    state           smallint not null default 0,         -- 0 open, 1 closed, 2 opposed
    emergency_level smallint not null default 1,         -- highest level that break-glass opens; -1: none
    research        boolean not null default true        -- false: opted out of secondary use
);

-- Who may look into a record: relations of care and grants of the patient.
create table policy_grant (
    id      uuid primary key,
    patient bigint   not null,
    party   bigint   not null,   -- hash of Practitioner/…, PractitionerRole/… or Organization/…
    reference text   not null,   -- the party as written
    kind    smallint not null,   -- kernel/policy/facts.py, Kind
    level   smallint not null,   -- highest confidentiality that it opens
    starts  bigint   not null,   -- microseconds since 1970, half open
    ends    bigint   not null,
    source  text     not null    -- why: Consent/…, Encounter/…, or the act
);
create index policy_grant_patient on policy_grant (patient, party);
create index policy_grant_party on policy_grant (party, patient);
create index policy_grant_source on policy_grant (source);

-- Whom the patient keeps out: of the record, or of one document.
create table policy_exclusion (
    id       uuid primary key,
    patient  bigint not null,
    party    bigint not null,
    reference text  not null,
    document bigint,             -- hash of the one resource; null: the whole record
    starts   bigint not null,
    ends     bigint not null,
    source   text   not null
);
create index policy_exclusion_patient on policy_exclusion (patient, party);
create index policy_exclusion_source on policy_exclusion (source);

create function policy_changed() returns trigger language plpgsql as $$
begin
    update policy_record set version = nextval('policy_version')
     where patient = coalesce(new.patient, old.patient);
    return null;
end $$;
create trigger policy_grant_changed after insert or update or delete on policy_grant
    for each row execute function policy_changed();
create trigger policy_exclusion_changed after insert or update or delete on policy_exclusion
    for each row execute function policy_changed();

create function policy_record_changed() returns trigger language plpgsql as $$
begin
    new.version := nextval('policy_version');
    return new;
end $$;
create trigger policy_record_changed before update of state, emergency_level, research on policy_record
    for each row execute function policy_record_changed();

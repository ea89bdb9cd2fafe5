-- An agreement between a patient and a referring doctor; its grant in the policy has the same id.
create table referring_agreement (
    id             uuid        primary key,
    patient        bigint      not null,          -- hash of the Patient
    patient_id     text        not null,
    practitioner   text        not null,          -- id of the doctor's Practitioner
    conditions     text[]      not null,          -- codes of the long-term conditions
    starts         date        not null,
    ends           date,                          -- last day; null: until somebody ends it
    proposed       timestamptz not null default now(),
    proposed_by    text        not null check (proposed_by in ('patient', 'doctor')),
    patient_signed timestamptz,
    patient_proof  text        not null default '', -- account, or the code given at the desk
    doctor_signed  timestamptz,
    closed         timestamptz,                   -- refused, ended or replaced then
    outcome        text        not null default '' check (outcome in ('', 'refused', 'ended', 'replaced')),
    closed_by      text        not null default '' check (closed_by in ('', 'patient', 'doctor')),
    reason         text        not null default ''
);
create index referring_agreement_patient on referring_agreement (patient, proposed);
create index referring_agreement_doctor on referring_agreement (practitioner, proposed);
create unique index referring_agreement_one on referring_agreement (patient)
    where patient_signed is not null and doctor_signed is not null and closed is null;
create unique index referring_agreement_asked on referring_agreement (patient, practitioner) where closed is null;

-- The yearly review of the file; lines are never changed.
create table referring_review (
    agreement uuid        not null references referring_agreement (id),
    at        timestamptz not null default now(),
    account   text        not null,
    checked   text[]      not null,
    remark    text        not null default '',
    primary key (agreement, at)
);

-- A colleague who stands in for some days; the grant in the policy has the same id.
create table referring_stand_in (
    id           uuid primary key,
    agreement    uuid not null references referring_agreement (id),
    practitioner text not null,
    starts       date not null,
    ends         date not null
);
create index referring_stand_in_agreement on referring_stand_in (agreement, starts);

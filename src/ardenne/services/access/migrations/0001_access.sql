-- A code that a patient hands to a professional: it opens the record once, for a consultation.
create table access_code (
    hash       bytea       primary key,   -- SHA-256 of the code with the salt of the node
    patient_id text        not null,
    expires    timestamptz not null
);
create index access_code_expires on access_code (expires);

-- Wrong codes of an account, so that guessing is slow.
create table access_attempt (
    account text        not null,
    at      timestamptz not null default now()
);
create index access_attempt_account on access_attempt (account, at);

-- Break-glass: every emergency access is told to the patient and reviewed.
create table access_emergency (
    id           uuid        primary key, -- also of the grant
    patient_id   text        not null,
    account      text        not null,
    name         text        not null,
    profession   text        not null,
    organisation text        not null,
    reason       text        not null,
    began        timestamptz not null default now(),
    ends         timestamptz not null,
    seen         timestamptz,             -- when the patient read the notice
    verdict      text        check (verdict in ('justified', 'not-justified')),
    reviewer     text,
    reviewed     timestamptz,
    remark       text        not null default ''
);
create index access_emergency_patient on access_emergency (patient_id, began);
create index access_emergency_open on access_emergency (began) where verdict is null;

-- A question about a line of the journal, and its answer.
create table access_contest (
    id         uuid        primary key,
    line       text        not null,      -- lane-number of the journal
    patient_id text        not null,
    account    text        not null,
    asked      timestamptz not null default now(),
    text       text        not null,
    answer     text,
    answered   timestamptz,
    officer    text,
    unique (line, patient_id)
);
create index access_contest_open on access_contest (asked) where answer is null;

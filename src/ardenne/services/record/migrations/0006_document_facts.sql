-- Documents that came by document sharing (ITI-41, ITI-65) and whose facts are yet to be read out of their contents: queued with
-- the document in one transaction, worked off in the background.
create table document_facts (
    document text        primary key,             -- id of the DocumentReference
    queued   timestamptz not null default now(),
    due      timestamptz not null default now(),  -- not before
    attempts integer     not null default 0,
    problem  text        not null default '',     -- rule by which no facts were taken; empty: they were, or there are none
    done     timestamptz
);
create index document_facts_due on document_facts (due, document) where done is null;

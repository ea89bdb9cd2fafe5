-- Persons of a question that are still to be fetched (PDQ continuation). Only ids: what they are is read, and the
-- policy asked, when they are fetched.
create table mpi_answer (
    account text   collate "C" not null,   -- who asked; nobody else may go on
    query   text   collate "C" not null,   -- id of the question, or continuation pointer
    persons text[] not null,               -- Patient ids, the best first
    degrees smallint[] not null,           -- how well each fits, in percent
    place   integer not null default 0,    -- how many were fetched
    page    integer not null,              -- how many at once
    asked   bytea  not null default '',    -- the question, to be repeated in each answer
    until   timestamptz not null,
    primary key (account, query)
);
create index mpi_answer_until on mpi_answer (until);

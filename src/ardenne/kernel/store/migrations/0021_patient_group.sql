-- Patients that are one person: the record of each stays where it is, questions about one reach all.
-- Layout: docs/decisions/0060-merging-without-moving.md

-- Who stands for whom since a merge; undoing a merge removes its row.
create table patient_replaced (
    patient  bigint primary key,   -- hash of Patient/id
    survivor bigint not null,
    check (patient <> survivor)
);
create index patient_replaced_survivor on patient_replaced (survivor);

-- The same, followed to its end: for every patient of a person each of them, itself too. Patients that were never merged have no row.
create table patient_group (
    patient  bigint not null,
    member   bigint not null,
    survivor bigint not null,
    primary key (patient, member)
);

-- Changes with every merge, so that a process sees that what it remembers is old.
create table patient_group_version (number bigint not null);
insert into patient_group_version values (1);

-- A role whose authorisation to practise does not hold at the moment: it opens nothing until it holds again.
alter table account_role add column suspended boolean not null default false;
create index account_role_practitioner on account_role (practitioner) where practitioner <> '';

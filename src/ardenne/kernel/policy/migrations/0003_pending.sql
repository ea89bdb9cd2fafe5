-- Patients whose Consents were written past the door (bulk load, import): what they say is still to be applied.
create table policy_pending (
    patient bigint primary key,
    since   timestamptz not null default now()
);

create function policy_consent_written() returns trigger language plpgsql as $$
begin
    insert into policy_pending (patient) values (new.patient) on conflict do nothing;
    return null;
end $$;
-- 29: position of Consent in the alphabetical list of R4 resource types (kernel/store/types.py)
create trigger policy_consent_written after insert or update of body on resource
    for each row when (new.type = 29 and new.patient is not null) execute function policy_consent_written();

insert into policy_pending (patient) select distinct patient from resource where type = 29 and patient is not null;

-- Patients that are one person share grants, exclusions and the state of the record: what changes for one changes for all.
create or replace function policy_changed() returns trigger language plpgsql as $$
declare
    v_patient bigint := coalesce(new.patient, old.patient);
begin
    update policy_record set version = nextval('policy_version')
     where patient = any(array(select v_patient union select g.member from patient_group g where g.patient = v_patient));
    return null;
end $$;

create function policy_record_changed_for_group() returns trigger language plpgsql as $$
begin
    update policy_record set version = nextval('policy_version')
     where patient in (select g.member from patient_group g where g.patient = new.patient) and patient <> new.patient;
    return null;
end $$;
create trigger policy_record_changed_for_group after update of state, emergency_level, research on policy_record
    for each row execute function policy_record_changed_for_group();

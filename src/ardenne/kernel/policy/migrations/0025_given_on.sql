-- The level that the patient wants for what is newly written into the record (Swiss template 203), and grants whose
-- holder may let others look as well (template 304).
alter table policy_record add column new_level smallint not null default 0; -- 0 normal, 1 restricted, 2 secret
alter table policy_grant add column may_pass_on boolean not null default false;

drop trigger policy_record_changed on policy_record;
create trigger policy_record_changed before update of state, emergency_level, research, new_level on policy_record
    for each row execute function policy_record_changed();
drop trigger policy_record_changed_for_group on policy_record;
create trigger policy_record_changed_for_group
    after update of state, emergency_level, research, new_level on policy_record
    for each row execute function policy_record_changed_for_group();

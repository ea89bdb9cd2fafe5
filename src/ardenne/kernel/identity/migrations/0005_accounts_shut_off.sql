-- An operator shuts an account off for a time: nobody signs in, and what was signed in has ended.
alter table account drop constraint account_state_check;
alter table account add constraint account_state_check
    check (state in ('invited', 'active', 'objected', 'closed', 'shut-off'));

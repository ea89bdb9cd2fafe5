-- Who sends a notice holds it by a lease, not by a lock: no transaction is open while a mail server thinks.
alter table notice add column leased_until timestamptz not null default '-infinity';

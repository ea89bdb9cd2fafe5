-- Who is told when the numbers of a person change (IHE PIX ITI-10, PMIR ITI-93), and what each is still to be told.
create table mpi_receiver (
    name         text primary key,
    leased_until timestamptz not null default '-infinity', -- one worker talks to a receiver at a time
    due          timestamptz not null default now(),       -- not tried before, after a failure
    failures     integer not null default 0,
    problem      text not null default ''                  -- why the last try failed; nothing about persons
);
create table mpi_untold (
    receiver text not null references mpi_receiver on delete cascade,
    person   text collate "C" not null,                    -- Patient id, before merges
    number   bigint generated always as identity,          -- order
    change   integer not null default 1,                   -- a further change while the message is under way is told too
    since    timestamptz not null default now(),
    refused  text not null default '',                     -- the receiver does not take it: kept until an operator tries again
    primary key (receiver, person)
);
create index mpi_untold_next on mpi_untold (receiver, number) where refused = '';
create table mpi_told (
    receiver text not null references mpi_receiver on delete cascade,
    person   text collate "C" not null,
    told     bytea not null,                               -- hash of what was told last
    primary key (receiver, person)
);

create function mpi_event_told() returns trigger language plpgsql as $$
begin
    insert into mpi_untold (receiver, person)
    select r.name, p.person from mpi_receiver r, (select new.person union select new.other) p(person)
     where p.person <> ''
    on conflict (receiver, person) do update set change = mpi_untold.change + 1, refused = '';
    return null;
end $$;
create trigger mpi_event_told after insert on mpi_event for each row
    when (new.kind in ('added', 'linked', 'moved', 'merged', 'unmerged', 'split', 'unsplit', 'died'))
    execute function mpi_event_told();

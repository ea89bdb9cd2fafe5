-- Messages that were answered: a sender that repeats one gets the same answer, and nothing happens twice.
create table mllp_message (
    sender   text        not null,    -- MSH-3 and MSH-4
    control  text        not null,    -- MSH-10
    digest   text        not null,    -- SHA-256 of the message: the same number may come again with other content
    answer   bytea       not null,
    received timestamptz not null default now(),
    primary key (sender, control)
);
create index mllp_message_received on mllp_message (received);

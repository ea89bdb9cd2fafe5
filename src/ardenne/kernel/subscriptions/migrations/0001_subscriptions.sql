-- How far the changes of the store were read. Only one reader at a time holds the row.
create table subscription_reader (
    one     boolean primary key default true check (one),
    tx      xid8 not null,                    -- everything before (tx, pk, version) was read
    pk      bigint not null default -1,
    version integer not null default -1
);
insert into subscription_reader (tx) values (pg_snapshot_xmin(pg_current_snapshot()));

-- One row per Subscription that is not deleted: what the background work knows beside the resource.
create table subscription_state (
    id           text collate "C" primary key,
    version      integer not null,             -- the version of the Subscription that was understood
    status       text not null check (status in ('requested', 'active', 'error', 'off')),
    plan         jsonb,                        -- the Subscription, understood; null: not yet
    events       bigint not null default 0,    -- number of the last event
    pushed       boolean not null default false, -- delivered by the background work (not by a websocket)
    beat         interval,                     -- heartbeat period
    ends         timestamptz,
    sent         timestamptz,                  -- the last message that arrived
    next_attempt timestamptz not null,
    failures     integer not null default 0,   -- failed attempts in a row
    lease        timestamptz                   -- somebody works on it until then
);

create table subscription_event (
    subscription text collate "C" not null references subscription_state (id) on delete cascade,
    number       bigint not null,              -- from 1, without gaps
    type         smallint not null,
    resource_id  text collate "C" not null,
    version      integer not null,
    method       text not null check (method in ('create', 'update', 'delete')),
    happened     timestamptz not null,         -- meta.lastUpdated of the version
    state        text not null default 'waiting' check (state in ('waiting', 'delivered', 'dead')),
    attempts     integer not null default 0,
    error        text not null default '',     -- why the last attempt failed
    delivered    timestamptz,
    primary key (subscription, number)
);
create index subscription_event_open on subscription_event (subscription, number) where state = 'waiting';
create index subscription_event_dead on subscription_event (subscription, number) where state = 'dead';
create index subscription_event_delivered on subscription_event (delivered) where state = 'delivered';

-- Tokens that bind a websocket to subscriptions; only their hash is kept.
create table subscription_token (
    hash          bytea primary key,
    subscriptions text[] not null,
    expires       timestamptz not null
);

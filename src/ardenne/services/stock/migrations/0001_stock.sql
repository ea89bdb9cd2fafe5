-- A place that keeps vaccines of the state; its organisation's vaccinators use them.
create table stock_site (
    id           uuid        primary key,
    name         text        not null unique,
    organisation text        not null default '',   -- id of the Organization; empty: a store only
    opened       timestamptz not null default now()
);
create unique index stock_site_organisation on stock_site (organisation) where organisation <> '';

create table stock_batch (
    id       bigint      generated always as identity primary key,
    vaccine  text        not null,                  -- code of the nomenclature
    batch    text        not null,                  -- as printed, in capital letters
    expiry   date        not null,                  -- last day of use
    recalled timestamptz,
    recall   text        not null default '',       -- why
    unique (vaccine, batch)
);

-- What a site holds. No number is ever below zero, whoever books at the same moment.
create table stock_balance (
    site  uuid    not null references stock_site,
    batch bigint  not null references stock_batch,
    state text    not null check (state in ('usable', 'quarantine')),
    doses integer not null check (doses >= 0),
    primary key (site, batch, state)
);

-- Every change of a balance; lines are never changed. Lines of one act share its key.
create table stock_movement (
    id        bigint      generated always as identity primary key,
    at        timestamptz not null default now(),
    site      uuid        not null references stock_site,
    batch     bigint      not null references stock_batch,
    state     text        not null check (state in ('usable', 'quarantine')),
    kind      text        not null,
    doses     integer     not null,
    reason    text        not null default '',
    account   text        not null,
    actor     text        not null,
    reference text        not null default '',      -- the act, order or other site that it belongs to
    key       text        not null,
    line      smallint    not null,
    unique (key, line)
);
create index stock_movement_batch on stock_movement (batch, id);
create index stock_movement_site on stock_movement (site, id);

create function stock_unchangeable() returns trigger language plpgsql as $$
begin
    raise exception 'movements of the stock are never changed: book the opposite';
end $$;
create trigger stock_movement_unchangeable before update or delete on stock_movement
    for each row execute function stock_unchangeable();

create table stock_order (
    id         uuid        primary key,
    site       uuid        not null references stock_site,
    vaccine    text        not null,
    doses      integer     not null check (doses > 0),
    delivered  integer     not null default 0,
    state      text        not null default 'open' check (state in ('open', 'delivered', 'cancelled')),
    ordered    timestamptz not null default now(),
    ordered_by text        not null,
    closed     timestamptz
);
create index stock_order_open on stock_order (state, ordered);

-- Who has a mailbox. Whoever loses every active role of the directory neither sends nor receives (see the ACTIVE condition).
create table messaging_member (
    id         uuid        primary key,
    account    uuid        not null unique,
    local      text        not null unique,          -- the address before the @
    name       text        not null,
    keyring    bytea,                                -- private keys, sealed by the passphrase of the member
    joined     timestamptz not null default now(),
    away_from  date,
    away_until date,
    away_text  text        not null default ''
);

-- Certificates in the order in which they were made; the current one is what others encrypt for.
create table messaging_certificate (
    fingerprint bytea       primary key,             -- SHA-256
    member      uuid        not null references messaging_member (id),
    serial      text        not null,
    content     bytea       not null,                -- DER
    ends        timestamptz not null,
    own         boolean     not null,                -- issued by this node
    made        timestamptz not null default now(),
    current     boolean     not null,
    revoked     timestamptz,
    reason      text        not null default ''
);
create unique index messaging_certificate_current on messaging_certificate (member) where current;

-- Passwords of mail programs: made here, shown once.
create table messaging_password (
    id     uuid        primary key,
    member uuid        not null references messaging_member (id),
    digest bytea       not null unique,
    label  text        not null,
    made   timestamptz not null default now(),
    used   timestamptz
);
create index messaging_password_member on messaging_password (member);

-- Keyrings that are open in a session of the pages: sealed by a secret that the browser alone holds.
create table messaging_unlocked (
    hash    bytea       primary key,                 -- SHA-256 of that secret
    member  uuid        not null references messaging_member (id),
    session uuid        not null,
    sealed  bytea       not null,
    expires timestamptz not null
);

-- A message exactly as it was sent: nobody here can read its content.
create table messaging_message (
    id         bigint      generated always as identity primary key,
    sender     uuid        not null references messaging_member (id),
    message_id text        not null,
    digest     bytea       not null,
    sent       timestamptz not null default now(),
    receipt    boolean     not null default false,   -- the writer asks to be told when it is read
    automatic  boolean     not null default false,
    size       integer     not null,
    head       bytea       not null,
    content    bytea       not null,                 -- all of it, the head included
    unique (sender, message_id)
);
alter table messaging_message alter column content set storage external;

create table messaging_recipient (
    message   bigint      not null references messaging_message (id) on delete cascade,
    member    uuid        not null references messaging_member (id),
    displayed timestamptz,                           -- read, by the reader's own word
    primary key (message, member)
);

create table messaging_folder (
    id       bigint  generated always as identity primary key,
    member   uuid    not null references messaging_member (id),
    name     text    not null,
    next_uid bigint  not null default 1,
    unique (member, name)
);

create table messaging_entry (
    id       bigint      generated always as identity primary key,
    folder   bigint      not null references messaging_folder (id) on delete cascade,
    uid      bigint      not null,
    message  bigint      not null references messaging_message (id),
    flags    text[]      not null default '{}',
    received timestamptz not null default now(),
    summary  bytea,                                  -- subject and files for the list, sealed by the reader's index key
    unique (folder, uid)
);
create index messaging_entry_message on messaging_entry (message);

create table messaging_group (
    id    uuid    primary key,
    name  text    not null,
    owner uuid    not null references messaging_member (id),
    made  timestamptz not null default now()
);
create table messaging_group_member (
    team   uuid not null references messaging_group (id) on delete cascade,
    member uuid not null references messaging_member (id),
    primary key (team, member)
);

-- To whom an absence was told, and when.
create table messaging_answered (
    member uuid        not null references messaging_member (id),
    sender uuid        not null references messaging_member (id),
    at     timestamptz not null,
    primary key (member, sender)
);

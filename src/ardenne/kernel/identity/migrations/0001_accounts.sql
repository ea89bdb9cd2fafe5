-- Who may ask: accounts, what they can prove, what they hold. Secrets stand here as SHA-256 (random ones),
-- argon2id (passwords) or sealed with the node's key (TOTP, signing keys), never plain.
create table account (
    id          uuid primary key,
    login       text not null unique check (login = lower(login)),
    kind        text not null check (kind in ('citizen', 'professional', 'officer', 'software')),
    name        text not null,
    patient     text not null default '',            -- a citizen's Patient
    state       text not null default 'active' check (state in ('invited', 'active', 'objected', 'closed')),
    development boolean not null default false,       -- a built-in login of a demonstration
    created     timestamptz not null default now()
);
create table account_role (
    id            uuid primary key,
    account       uuid not null references account on delete cascade,
    profession    text not null,                      -- group of the matrix, or an office
    practitioner  text not null default '',
    directory     text not null default '',           -- PractitionerRole
    organisation  text not null default '',
    organisation_name text not null default '',
    principal     text not null default '',           -- Practitioner for whom a secretary works
    active        boolean not null default true
);
create index account_role_account on account_role (account);
create table account_link (                           -- a subject of an outside provider
    issuer text not null, subject text not null,
    account uuid not null references account on delete cascade,
    primary key (issuer, subject)
);
create table mandate (
    id         uuid primary key,
    patient    text not null,
    holder     uuid not null references account on delete cascade,
    role       text not null check (role in ('parent', 'guardian', 'assistant')),
    full_power boolean not null default false,
    begins     timestamptz not null default now(),
    ends       timestamptz,
    proof      text not null default '',
    given_by   uuid references account,
    created    timestamptz not null default now(),
    revoked    timestamptz,
    revoked_by uuid references account,
    check (ends is null or ends > begins)
);
create index mandate_holder on mandate (holder);
create index mandate_patient on mandate (patient);

create table credential_password (account uuid primary key references account on delete cascade,
    hash text not null, changed timestamptz not null default now());
create table credential_totp (account uuid primary key references account on delete cascade,
    secret bytea not null, confirmed boolean not null default false, last_step bigint not null default 0);
create table credential_passkey (id bytea primary key, account uuid not null references account on delete cascade,
    public_key bytea not null, sign_count bigint not null, label text not null,
    created timestamptz not null default now(), used timestamptz);
create index credential_passkey_account on credential_passkey (account);
create table credential_recovery (account uuid not null references account on delete cascade,
    hash bytea not null, used timestamptz, primary key (account, hash));
create table activation (
    id uuid primary key, account uuid not null references account on delete cascade, hash bytea not null,
    created timestamptz not null default now(), expires timestamptz not null,
    attempts integer not null default 0, used timestamptz
);
create unique index activation_open on activation (account) where used is null;

create table session (
    id uuid primary key, hash bytea not null unique, account uuid not null references account on delete cascade,
    role uuid references account_role on delete cascade, level text not null, label text not null,
    created timestamptz not null default now(), seen timestamptz not null default now(),
    ends timestamptz not null, ended timestamptz
);
create index session_account on session (account) where ended is null;
-- what a person is in the midst of: second factor, passkey, authorisation, outside provider
create table pending (
    hash bytea primary key, kind text not null, account uuid references account on delete cascade,
    content jsonb not null, expires timestamptz not null
);
create index pending_expires on pending (expires);
create table throttle (key bytea primary key, failures integer not null, last timestamptz not null,
    blocked_until timestamptz not null);

create table oauth_client (
    id text primary key, name text not null,
    confidential boolean not null, redirect_uris text[] not null default '{}',
    launch_uri text not null default '', jwks jsonb, jwks_uri text not null default '',
    scopes text[] not null, grants text[] not null, account uuid references account on delete cascade,
    enabled boolean not null default true, created timestamptz not null default now()
);
create table oauth_consent (account uuid not null references account on delete cascade,
    client text not null references oauth_client on delete cascade, scopes text[] not null,
    given timestamptz not null default now(), primary key (account, client));
create table oauth_grant (                            -- a family of tokens
    id uuid primary key, client text not null references oauth_client on delete cascade,
    account uuid not null references account on delete cascade,
    role uuid references account_role on delete cascade, session uuid references session on delete cascade,
    scopes text[] not null, purpose text not null, patient text not null default '',
    encounter text not null default '', level text not null, actor text not null default '',
    created timestamptz not null default now(), ends timestamptz not null, revoked timestamptz
);
create index oauth_grant_account on oauth_grant (account) where revoked is null;
create index oauth_grant_session on oauth_grant (session);
create table oauth_code (hash bytea primary key, family uuid not null references oauth_grant on delete cascade,
    redirect_uri text not null, challenge text not null, nonce text not null,
    expires timestamptz not null, used timestamptz);
create table oauth_refresh (hash bytea primary key, family uuid not null references oauth_grant on delete cascade,
    expires timestamptz not null, used timestamptz);
create index oauth_refresh_family on oauth_refresh (family);
create table oauth_used_assertion (issuer text not null, jti text not null, expires timestamptz not null,
    primary key (issuer, jti));
create table oauth_revoked_token (jti uuid primary key, expires timestamptz not null);
create table signing_key (kid text primary key, public jsonb not null, private bytea not null,
    created timestamptz not null default now(), retired timestamptz);

-- Whoever changes these rows, in whatever process: workers forget what they knew of the thing named.
create function identity_changed() returns trigger language plpgsql as $$
declare
    row_ jsonb := to_jsonb(coalesce(new, old));
begin
    perform pg_notify('identity', row_ ->> tg_argv[0]);
    return null;
end $$;
create trigger changed after update or delete on account
    for each row execute function identity_changed('id');
create trigger changed after insert or update or delete on account_role
    for each row execute function identity_changed('account');
create trigger changed after insert or update or delete on mandate
    for each row execute function identity_changed('holder');
create trigger ended after update of ended, role on session
    for each row execute function identity_changed('id');
create trigger gone after delete on session
    for each row execute function identity_changed('id');
create trigger revoked after update or delete on oauth_grant
    for each row execute function identity_changed('id');
create trigger revoked after insert on oauth_revoked_token
    for each row execute function identity_changed('jti');
create trigger changed after update or delete on oauth_client
    for each row execute function identity_changed('id');

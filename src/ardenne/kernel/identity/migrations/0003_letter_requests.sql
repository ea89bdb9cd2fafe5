-- Who cannot sign in any more and asked for a new letter; gone when it is written.
create table letter_request (
    account uuid        primary key references account on delete cascade,
    asked   timestamptz not null default now()
);

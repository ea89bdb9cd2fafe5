-- What arrived over each feed, minute by minute: figures for operators, nothing about anybody.
create table feed_count (
    feed      text        not null,            -- by what and from whom: "mllp LABO", "folder", "filing Hospital system"
    minute    timestamptz not null,
    filed     integer     not null default 0,
    duplicate integer     not null default 0,
    refused   integer     not null default 0,
    lags      integer     not null default 0,  -- of how many the sender's time is known
    lag_sum   float8      not null default 0,  -- seconds from the sender's time until the answer
    lag_most  float8      not null default 0,
    primary key (feed, minute)
);
create index feed_count_minute on feed_count (minute);

-- Entries of the error desk that an officer wants tried again, in the background.
alter table error_desk add column again timestamptz;
create index error_desk_again on error_desk (again, id) where settled is null and again is not null;

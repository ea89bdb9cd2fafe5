-- The words of resources for _text and _content. A background job fills it in the order of transactions; what it has
-- not reached yet is read and searched (store/words.py).
create table word_index (
    pk        bigint primary key,              -- of the resource
    narrative tsvector not null,
    content   tsvector not null
);
alter table word_index set (fillfactor = 90);
create index word_index_narrative on word_index using gin (narrative);
create index word_index_content on word_index using gin (content);

create table word_progress (
    single   boolean primary key default true check (single),
    upto     xid8 not null default '0',        -- every version written by an older transaction is indexed
    after_tx xid8 not null default '0',        -- where the last page ended
    after_pk bigint not null default -1
);
insert into word_progress default values;

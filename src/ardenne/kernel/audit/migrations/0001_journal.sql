-- The access journal. Every line is chained to the one before it in its lane; a lane belongs to one database
-- connection, so that writers do not wait for each other. Layout: docs/decisions/0050-journal.md
create table journal_lane (
    lane  integer primary key,
    seq   bigint  not null,              -- of the newest line
    chain bytea   not null               -- its hash
) with (fillfactor = 50);

create table journal (
    lane    integer  not null,
    seq     bigint   not null,
    at      bigint   not null,           -- microseconds since 1970 UTC
    patient bigint,                      -- hash of Patient/id whose data it is about
    account bigint   not null,           -- hash of who acted
    action  smallint not null,           -- kernel/audit/entries.py, Action
    outcome smallint not null,           -- 0 done, 4 refused, 8 failed (AuditEvent.outcome)
    version integer  not null default 0, -- of the resource that was written
    content bytea,                       -- the line itself; null when its retention ended
    digest  bytea,                       -- SHA-256 of a content that is gone
    chain   bytea    not null,           -- SHA-256(chain before || SHA-256(content) || the columns above)
    primary key (lane, seq)
);
create index journal_patient on journal (patient, at) where patient is not null;
create index journal_account on journal (account, at);
create index journal_at on journal (at);

-- Hourly roots: Merkle trees over the chain hashes, signed by the node.
create table journal_root (
    number    bigint primary key,
    statement bytea not null,
    signature bytea not null
);

-- Appends lines inside the caller's transaction.
create function journal_append(
    p_at bigint[], p_patients bigint[], p_accounts bigint[], p_actions smallint[], p_outcomes smallint[],
    p_versions integer[], p_contents bytea[]
) returns void language plpgsql as $$
declare
    v_lane integer := pg_backend_pid() % 4096;
    v_seq bigint;
    v_chain bytea;
begin
    select l.seq, l.chain into v_seq, v_chain from journal_lane l where l.lane = v_lane for update;
    if not found then
        insert into journal_lane values (v_lane, 0, sha256(int4send(v_lane))) on conflict do nothing;
        select l.seq, l.chain into v_seq, v_chain from journal_lane l where l.lane = v_lane for update;
    end if;
    for i in 1 .. cardinality(p_at) loop
        v_seq := v_seq + 1;
        v_chain := sha256(v_chain || sha256(p_contents[i]) || int8send(v_seq) || int8send(p_at[i])
            || int8send(coalesce(p_patients[i], 0)) || int8send(p_accounts[i]) || int2send(p_actions[i])
            || int2send(p_outcomes[i]) || int4send(p_versions[i]));
        insert into journal (lane, seq, at, patient, account, action, outcome, version, content, chain)
        values (v_lane, v_seq, p_at[i], p_patients[i], p_accounts[i], p_actions[i], p_outcomes[i], p_versions[i],
                p_contents[i], v_chain);
    end loop;
    update journal_lane l set seq = v_seq, chain = v_chain where l.lane = v_lane;
end $$;

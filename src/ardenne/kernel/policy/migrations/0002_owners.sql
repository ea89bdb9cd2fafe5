-- Who stands behind an order that outlives a request, such as a Subscription: it sees what its owner may see.
create table policy_owner (
    reference text primary key, -- Type/id of the order
    caller    bytea not null    -- kernel/identity/caller.py, as JSON
);

-- Versions of the matrix that this node added to those of the package; the newest of a jurisdiction is in force.
create table policy_matrix (
    number       bigint generated always as identity primary key,
    jurisdiction text        not null,
    content      text        not null,
    author       text        not null,
    reason       text        not null,
    created      timestamptz not null default now()
);

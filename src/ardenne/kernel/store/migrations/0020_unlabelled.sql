-- Rows that an older version wrote have no label yet; they are found by this index, which is empty on a new node.
create index resource_unlabelled on resource (pk) where category = -1 and body is not null;

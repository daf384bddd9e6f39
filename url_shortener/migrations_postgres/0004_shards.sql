-- Which of the shards this database is.
CREATE TABLE shard_place (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  number   bigint  NOT NULL,                -- from 1, as they are listed
  of       bigint  NOT NULL,
  list     text    NOT NULL,                -- the same in all shards of one list
  moving   boolean NOT NULL DEFAULT false   -- a --rebalance has begun: links are not where they belong
);

-- Which request an Idempotency-Key belongs to, where its answer is kept on another shard.
CREATE TABLE bound_keys (
  scope        text   NOT NULL,
  key          text   NOT NULL,
  request_hash bytea  NOT NULL,
  created_at   bigint NOT NULL,
  PRIMARY KEY (scope, key)
);
CREATE INDEX bound_keys_by_age ON bound_keys (created_at);

-- Users, what was accepted, and the ledger, as in SQLite (migrations/). Times are microseconds since 1970, UTC.

CREATE TABLE users (
  id          text COLLATE "C" NOT NULL PRIMARY KEY,  -- in bytes' order: audiences are paged by it
  known       bigint NOT NULL,   -- 0: only preferences, in no audience
  email       text,
  phone       text,
  push_token  text,
  webhook_url text,
  time_zone   text,
  segments    text,               -- JSON array; NULL for none
  preferences text                -- JSON object; NULL: everything is on
);

CREATE TABLE user_segments (
  segment text NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (segment, user_id)
);

CREATE TABLE suppressions (
  channel bigint NOT NULL,
  address text NOT NULL,
  reason  text NOT NULL,
  PRIMARY KEY (channel, address)
);

-- How many known users there are: counting ten million rows takes seconds.
CREATE TABLE counters (name text NOT NULL PRIMARY KEY, value bigint NOT NULL);
INSERT INTO counters VALUES ('users', 0);

CREATE TABLE notifications (
  id           bigint PRIMARY KEY,
  kind         bigint NOT NULL,
  audience     text NOT NULL,
  user_id text,              -- of a single one
  category     text NOT NULL,
  title        text NOT NULL,
  body         text NOT NULL,
  channels     bigint NOT NULL,
  priority     bigint NOT NULL,
  created_at   bigint NOT NULL,
  due_at       bigint NOT NULL,
  expires_at   bigint,
  collapse_key text,
  traceparent  text,
  cancelled    bigint NOT NULL DEFAULT 0
);
CREATE INDEX notifications_by_collapse_key ON notifications (user_id, collapse_key, id) WHERE collapse_key IS NOT NULL;

CREATE TABLE plans (
  broadcast bigint PRIMARY KEY,
  audience  bigint NOT NULL DEFAULT 0,
  planned   bigint NOT NULL DEFAULT 0,
  complete  bigint NOT NULL DEFAULT 0
);

CREATE TABLE outbox (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  notification  bigint NOT NULL,
  broadcast     bigint NOT NULL,
  due_at        bigint NOT NULL,
  claim         bigint NOT NULL DEFAULT 0,
  claimed_until bigint NOT NULL DEFAULT 0,
  place         text NOT NULL DEFAULT '',
  user_id text NOT NULL DEFAULT '',
  channels      bigint NOT NULL DEFAULT 0
);
CREATE INDEX outbox_by_time ON outbox (broadcast, due_at, id);

CREATE TABLE idempotent_answers (
  scope        text NOT NULL,
  key          text NOT NULL,
  request_hash text NOT NULL,
  status       bigint NOT NULL,
  headers      text NOT NULL,
  body         text NOT NULL,
  created_at   bigint NOT NULL,
  PRIMARY KEY (scope, key)
);
CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at);

CREATE TABLE secrets (name text NOT NULL PRIMARY KEY, value text NOT NULL);
INSERT INTO secrets VALUES ('unsubscribe', gen_random_uuid()::text || gen_random_uuid()::text);

-- The ledger.
CREATE TABLE deliveries (
  notification bigint NOT NULL,
  user_id text NOT NULL,
  channel      bigint NOT NULL,
  state        bigint NOT NULL,
  attempt      bigint NOT NULL,
  part         bigint NOT NULL,
  updated_at   bigint NOT NULL,
  next_at      bigint,
  reason       text,
  PRIMARY KEY (notification, user_id, channel)
);
-- What is under way: as many rows as are being sent at one time, whatever the ledger's size.
CREATE INDEX deliveries_attempting ON deliveries (part) WHERE state = 1;
-- What waits for its time; likewise.
CREATE INDEX deliveries_waiting ON deliveries (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE positions (
  part        bigint PRIMARY KEY,
  generation  bigint NOT NULL,
  next_offset bigint NOT NULL
);

CREATE TABLE tallies (
  notification bigint NOT NULL,
  state        bigint NOT NULL,   -- 9: attempts repeated in doubt
  n            bigint NOT NULL,
  PRIMARY KEY (notification, state)
);

CREATE TABLE history (
  notification bigint NOT NULL,
  user_id text NOT NULL,
  channel      bigint NOT NULL,
  id           bigint GENERATED ALWAYS AS IDENTITY,
  at           bigint NOT NULL,
  state        bigint NOT NULL,
  attempt      bigint NOT NULL,
  reason       text NOT NULL,
  PRIMARY KEY (notification, user_id, channel, id)
);

CREATE TABLE dead_letters (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  notification bigint NOT NULL,
  user_id text NOT NULL,
  channel      bigint NOT NULL,
  attempts     bigint NOT NULL,
  reason       text NOT NULL,
  at           bigint NOT NULL
);

CREATE TABLE digests (
  id        bigint PRIMARY KEY,
  user_id text NOT NULL,
  channel   bigint NOT NULL,
  category  text NOT NULL,
  closes_at bigint NOT NULL,
  closed    bigint NOT NULL DEFAULT 0
);
CREATE INDEX digests_open ON digests (closes_at) WHERE closed = 0;
CREATE TABLE digest_items (
  digest       bigint NOT NULL,
  notification bigint NOT NULL,
  in_broadcast bigint NOT NULL,
  PRIMARY KEY (digest, notification)
);

CREATE TABLE quotas (channel bigint PRIMARY KEY, arrival bigint NOT NULL);

CREATE TABLE inbox (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id text NOT NULL,
  notification bigint NOT NULL,
  category     text NOT NULL,
  title        text NOT NULL,
  body         text NOT NULL,
  at           bigint NOT NULL,
  UNIQUE (user_id, notification)
);
CREATE INDEX inbox_by_user ON inbox (user_id, id);

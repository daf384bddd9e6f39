-- Users, what was accepted, and the ledger. Times are microseconds since 1970, UTC.

CREATE TABLE users (
  id          TEXT    NOT NULL PRIMARY KEY,
  known       INTEGER NOT NULL,   -- 0: only preferences, in no audience
  email       TEXT,
  phone       TEXT,
  push_token  TEXT,
  webhook_url TEXT,
  time_zone   TEXT,
  segments    TEXT,               -- JSON array; NULL for none
  preferences TEXT                -- JSON object; NULL: everything is on
) WITHOUT ROWID;

CREATE TABLE user_segments (
  segment TEXT NOT NULL,
  user    TEXT NOT NULL,
  PRIMARY KEY (segment, user)
) WITHOUT ROWID;

CREATE TABLE suppressions (
  channel INTEGER NOT NULL,
  address TEXT    NOT NULL,
  reason  TEXT    NOT NULL,
  PRIMARY KEY (channel, address)
) WITHOUT ROWID;

-- How many known users there are: counting ten million rows takes seconds.
CREATE TABLE counters (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES ('users', 0);

CREATE TABLE notifications (
  id           INTEGER PRIMARY KEY,
  kind         INTEGER NOT NULL,
  audience     TEXT    NOT NULL,
  user         TEXT,              -- of a single one
  category     TEXT    NOT NULL,
  title        TEXT    NOT NULL,
  body         TEXT    NOT NULL,
  channels     INTEGER NOT NULL,
  priority     INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  due_at       INTEGER NOT NULL,
  expires_at   INTEGER,
  collapse_key TEXT,
  traceparent  TEXT,
  cancelled    INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX notifications_by_collapse_key ON notifications (user, collapse_key, id) WHERE collapse_key IS NOT NULL;

CREATE TABLE plans (
  broadcast INTEGER PRIMARY KEY,
  audience  INTEGER NOT NULL DEFAULT 0,
  planned   INTEGER NOT NULL DEFAULT 0,
  complete  INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE outbox (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  notification  INTEGER NOT NULL,
  broadcast     INTEGER NOT NULL,
  due_at        INTEGER NOT NULL,
  claim         INTEGER NOT NULL DEFAULT 0,
  claimed_until INTEGER NOT NULL DEFAULT 0,
  cursor        TEXT    NOT NULL DEFAULT '',
  user          TEXT    NOT NULL DEFAULT '',
  channels      INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX outbox_by_time ON outbox (broadcast, due_at, id);

CREATE TABLE idempotent_answers (
  scope        TEXT    NOT NULL,
  key          TEXT    NOT NULL,
  request_hash BLOB    NOT NULL,
  status       INTEGER NOT NULL,
  headers      TEXT    NOT NULL,
  body         BLOB    NOT NULL,
  created_at   INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
);
CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at);

CREATE TABLE secrets (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

-- The ledger. Its order is that of planning, so a broadcast's rows are appended, not scattered.
CREATE TABLE deliveries (
  notification INTEGER NOT NULL,
  user         TEXT    NOT NULL,
  channel      INTEGER NOT NULL,
  state        INTEGER NOT NULL,
  attempt      INTEGER NOT NULL,
  partition    INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  next_at      INTEGER,
  reason       TEXT,
  PRIMARY KEY (notification, user, channel)
) WITHOUT ROWID;
-- What is under way: as many rows as are being sent at one time, whatever the ledger's size.
CREATE INDEX deliveries_attempting ON deliveries (partition) WHERE state = 1;
-- What waits for its time; likewise.
CREATE INDEX deliveries_waiting ON deliveries (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE positions (
  partition   INTEGER PRIMARY KEY,
  generation  INTEGER NOT NULL,
  next_offset INTEGER NOT NULL
);

CREATE TABLE tallies (
  notification INTEGER NOT NULL,
  state        INTEGER NOT NULL,   -- 9: attempts repeated in doubt
  rows         INTEGER NOT NULL,
  PRIMARY KEY (notification, state)
) WITHOUT ROWID;

CREATE TABLE history (
  notification INTEGER NOT NULL,
  user         TEXT    NOT NULL,
  channel      INTEGER NOT NULL,
  id           INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  state        INTEGER NOT NULL,
  attempt      INTEGER NOT NULL,
  reason       TEXT    NOT NULL,
  PRIMARY KEY (notification, user, channel, id)
) WITHOUT ROWID;

CREATE TABLE dead_letters (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  notification INTEGER NOT NULL,
  user         TEXT    NOT NULL,
  channel      INTEGER NOT NULL,
  attempts     INTEGER NOT NULL,
  reason       TEXT    NOT NULL,
  at           INTEGER NOT NULL
);

CREATE TABLE digests (
  id        INTEGER PRIMARY KEY,
  user      TEXT    NOT NULL,
  channel   INTEGER NOT NULL,
  category  TEXT    NOT NULL,
  closes_at INTEGER NOT NULL,
  closed    INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX digests_open ON digests (closes_at) WHERE closed = 0;
CREATE TABLE digest_items (
  digest       INTEGER NOT NULL,
  notification INTEGER NOT NULL,
  in_broadcast INTEGER NOT NULL,
  PRIMARY KEY (digest, notification)
) WITHOUT ROWID;

CREATE TABLE quotas (channel INTEGER PRIMARY KEY, arrival INTEGER NOT NULL);

CREATE TABLE inbox (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  user         TEXT    NOT NULL,
  notification INTEGER NOT NULL,
  category     TEXT    NOT NULL,
  title        TEXT    NOT NULL,
  body         TEXT    NOT NULL,
  at           INTEGER NOT NULL,
  UNIQUE (user, notification)
);
CREATE INDEX inbox_by_user ON inbox (user, id);

-- Users, and what must be committed together with a change of one. Times are microseconds since 1970, UTC.

CREATE TABLE users (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again
  name            TEXT    NOT NULL,
  email           TEXT    NOT NULL,
  version         INTEGER NOT NULL DEFAULT 1,
  followers       INTEGER NOT NULL DEFAULT 0,
  celebrity_since INTEGER                             -- NULL: not yet
) STRICT;

-- write_behind: at most one change a user that is acknowledged and not yet made.
CREATE TABLE queued_edits (
  user_id INTEGER PRIMARY KEY,
  name    TEXT    NOT NULL,
  email   TEXT    NOT NULL,
  version INTEGER NOT NULL
) STRICT;

-- What caches are still to be told, written by the change itself.
CREATE TABLE invalidations (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  key     TEXT    NOT NULL,
  version INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  settled INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX invalidations_pending ON invalidations (at) WHERE settled = 0;
CREATE INDEX invalidations_by_age ON invalidations (at);

-- Answers to requests with an Idempotency-Key.
CREATE TABLE idempotent_answers (
  scope        TEXT    NOT NULL,
  key          TEXT    NOT NULL,
  request_hash TEXT    NOT NULL,
  status       INTEGER NOT NULL,
  headers      TEXT    NOT NULL,
  body         TEXT    NOT NULL,
  created_at   INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT;
CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at);

-- Names this data: what others share (a Redis) is kept apart by it.
CREATE TABLE identity (id TEXT NOT NULL) STRICT;
INSERT INTO identity (id) VALUES (lower(hex(randomblob(8))));

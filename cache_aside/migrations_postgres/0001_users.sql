-- Users, and what must be committed together with a change of one. Times are microseconds since 1970, UTC.

CREATE TABLE users (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name            text   NOT NULL,
  email           text   NOT NULL,
  version         bigint NOT NULL DEFAULT 1,
  followers       bigint NOT NULL DEFAULT 0,
  celebrity_since bigint                     -- NULL: not yet
);

-- write_behind: at most one change a user that is acknowledged and not yet made.
CREATE TABLE queued_edits (
  user_id bigint PRIMARY KEY,
  name    text   NOT NULL,
  email   text   NOT NULL,
  version bigint NOT NULL
);

-- What caches are still to be told, written by the change itself.
CREATE TABLE invalidations (
  id      bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key     text    NOT NULL,
  version bigint  NOT NULL,
  at      bigint  NOT NULL,
  settled boolean NOT NULL DEFAULT false
);
CREATE INDEX invalidations_pending ON invalidations (at) WHERE NOT settled;
CREATE INDEX invalidations_by_age ON invalidations (at);

-- Answers to requests with an Idempotency-Key.
CREATE TABLE idempotent_answers (
  scope        text   NOT NULL,
  key          text   NOT NULL,
  request_hash text   NOT NULL,
  status       bigint NOT NULL,
  headers      text   NOT NULL,
  body         text   NOT NULL,
  created_at   bigint NOT NULL,
  PRIMARY KEY (scope, key)
);
CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at);

-- Names this data: what others share (a Redis) is kept apart by it.
CREATE TABLE identity (id text NOT NULL);
INSERT INTO identity (id) VALUES (left(md5(random()::text || clock_timestamp()::text), 16));

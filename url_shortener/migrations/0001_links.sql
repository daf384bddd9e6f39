-- Links, and what must be committed together with one.
-- Times are microseconds since 1970, UTC.

-- The primary key is the table's own order (WITHOUT ROWID): a redirect reads one B-tree path, not two.
CREATE TABLE links (
  code        TEXT    NOT NULL PRIMARY KEY,
  long_url    TEXT    NOT NULL,
  url_sha256  BLOB    NOT NULL,
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER,
  max_clicks  INTEGER,
  clicks_used INTEGER NOT NULL DEFAULT 0,
  version     INTEGER NOT NULL DEFAULT 1,
  deleted     INTEGER NOT NULL DEFAULT 0,
  tags        TEXT                          -- JSON array; NULL for none
) WITHOUT ROWID;

-- ifExists=reuse looks a URL up by its hash: 32 bytes an entry instead of up to 2,048. Deleted links are no use.
CREATE INDEX links_by_url ON links (url_sha256) WHERE deleted = 0;

-- Pages of the list, by keyset: (created_at, code) after the last row seen, never OFFSET.
CREATE INDEX links_by_time ON links (created_at, code) WHERE deleted = 0;

-- The same order within each tag.
CREATE TABLE link_tags (
  tag        TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  code       TEXT    NOT NULL,
  PRIMARY KEY (tag, created_at, code)
) WITHOUT ROWID;

-- Answers to requests with an Idempotency-Key. Bodies may be long, so this one keeps its rowid.
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

-- Links, and what must be committed together with one. Times are microseconds since 1970, UTC, as everywhere here.

CREATE TABLE links (
  code        text    COLLATE "C" PRIMARY KEY,
  long_url    text    NOT NULL,
  url_hash    bigint  NOT NULL,            -- the first 64 bits of its SHA-256
  created_at  bigint  NOT NULL,
  expires_at  bigint,
  max_clicks  bigint,
  clicks_used bigint  NOT NULL DEFAULT 0,
  version     bigint  NOT NULL DEFAULT 1,
  deleted     boolean NOT NULL DEFAULT false,
  tags        text                         -- JSON array; NULL for none
);

-- ifExists=reuse looks a URL up by its hash: 8 bytes an entry instead of up to 2,048, and as fast in a large table as
-- in a small one. The URL itself is compared then. Deleted links are no use.
CREATE INDEX links_by_url ON links (url_hash) WHERE NOT deleted;

-- Pages of the list, by keyset: (created_at, code) after the last row seen, never OFFSET.
CREATE INDEX links_by_time ON links (created_at, code) WHERE NOT deleted;

-- The same order within each tag.
CREATE TABLE link_tags (
  tag        text   COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  code       text   COLLATE "C" NOT NULL,
  PRIMARY KEY (tag, created_at, code)
);

-- Answers to requests with an Idempotency-Key.
CREATE TABLE idempotent_answers (
  scope        text   NOT NULL,
  key          text   NOT NULL,
  request_hash bytea  NOT NULL,
  status       bigint NOT NULL,
  headers      text   NOT NULL,
  body         bytea  NOT NULL,
  created_at   bigint NOT NULL,
  PRIMARY KEY (scope, key)
);
CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at);

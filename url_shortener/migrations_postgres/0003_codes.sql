-- What codes are made from.

-- The counter, and the key of its secret order.
CREATE TABLE counters (
  name text   PRIMARY KEY,
  next bigint NOT NULL
);
INSERT INTO counters VALUES ('link', 0);

CREATE TABLE secrets (
  name  text  PRIMARY KEY,
  value bytea NOT NULL
);

-- Who may call itself which machine in snowflake codes: owner may make ids with timestamps in [from_ms, until_ms).
-- Milliseconds since 1970, as in the codes themselves. All 1,024 rows are made here, so that leasing is an UPDATE.
CREATE TABLE machine_ids (
  machine  bigint PRIMARY KEY,
  owner    text   NOT NULL DEFAULT '',
  from_ms  bigint NOT NULL DEFAULT 0,
  until_ms bigint NOT NULL DEFAULT 0
);
INSERT INTO machine_ids (machine) SELECT generate_series(0, 1023);

-- Codes made beforehand. A claimed one stays, or it could be made and claimed a second time.
CREATE TABLE pool_keys (
  id      bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- claimed in this order, which says nothing about the key
  key     text    COLLATE "C" NOT NULL UNIQUE,
  claimed boolean NOT NULL DEFAULT false
);
CREATE INDEX pool_keys_free ON pool_keys (id) WHERE NOT claimed;

-- Who may call itself which machine in snowflake codes: owner may make ids with timestamps in [from_ms, until_ms).
-- Milliseconds since 1970, as in the codes themselves. All 1,024 rows are made here, so that leasing is an UPDATE.
CREATE TABLE machine_ids (
  machine  INTEGER PRIMARY KEY,
  owner    TEXT    NOT NULL DEFAULT '',
  from_ms  INTEGER NOT NULL DEFAULT 0,
  until_ms INTEGER NOT NULL DEFAULT 0
);
WITH RECURSIVE machines(machine) AS (SELECT 0 UNION ALL SELECT machine + 1 FROM machines WHERE machine < 1023)
INSERT INTO machine_ids (machine) SELECT machine FROM machines;

-- Codes made beforehand. A claimed one stays, or it could be made and claimed a second time.
CREATE TABLE pool_keys (
  id      INTEGER PRIMARY KEY,               -- claimed in this order, which says nothing about the key
  key     TEXT    NOT NULL UNIQUE,
  claimed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX pool_keys_free ON pool_keys (id) WHERE claimed = 0;

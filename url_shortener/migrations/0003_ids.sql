-- The counter behind the codes, and the key of its secret order.
CREATE TABLE counters (
  name TEXT    NOT NULL PRIMARY KEY,
  next INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO counters VALUES ('link', 0);

CREATE TABLE secrets (
  name  TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID;

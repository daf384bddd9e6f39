-- The queue's logs. A file of its own: filling it holds no lock that workers wait for.

CREATE TABLE messages (
  partition   INTEGER NOT NULL,
  position    INTEGER NOT NULL,   -- the offset, from 0
  user        TEXT    NOT NULL,
  value       TEXT    NOT NULL,
  traceparent TEXT,
  PRIMARY KEY (partition, position)
) WITHOUT ROWID;

CREATE TABLE logs (partition INTEGER PRIMARY KEY, next_position INTEGER NOT NULL);

CREATE TABLE members (
  lane       INTEGER NOT NULL,
  member     TEXT    NOT NULL,
  alive_until INTEGER NOT NULL,
  PRIMARY KEY (lane, member)
) WITHOUT ROWID;

-- Who reads a partition now. A row stays until its reader has drained, or is dead.
CREATE TABLE readers (
  partition INTEGER PRIMARY KEY,
  lane      INTEGER NOT NULL,
  member    TEXT    NOT NULL
);

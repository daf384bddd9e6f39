-- How often links were followed, added up as the clicks come: reading never counts.
-- kind: 0 all clicks (name is empty), 1 by day, 2 by referrer, 3 by agent class.
CREATE TABLE click_rollups (
  code   TEXT    NOT NULL,
  kind   INTEGER NOT NULL,
  name   TEXT    NOT NULL,
  clicks INTEGER NOT NULL,
  PRIMARY KEY (code, kind, name)
) WITHOUT ROWID;

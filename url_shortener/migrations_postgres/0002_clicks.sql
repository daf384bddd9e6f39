-- How often links were followed, added up as the clicks come: reading never counts.
-- kind: 0 all clicks (name is empty), 1 by day, 2 by referrer, 3 by agent class.
CREATE TABLE click_rollups (
  code   text     COLLATE "C" NOT NULL,
  kind   smallint NOT NULL,
  name   text     COLLATE "C" NOT NULL,
  clicks bigint   NOT NULL,
  PRIMARY KEY (code, kind, name)
) WITH (fillfactor = 80);  -- room to update a row in its own page

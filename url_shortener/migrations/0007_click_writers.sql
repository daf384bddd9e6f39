-- The last batch of clicks that each writer has added: one that is repeated, since nobody could tell what had become of
-- it, is not added twice. A row for each thread of each start of a server.
CREATE TABLE click_writers (
  writer INTEGER PRIMARY KEY,  -- a random number
  last   INTEGER NOT NULL
);

-- What search finds links by: for each word of a link one entry, in the order of lists. Newest first is a walk.
CREATE TABLE link_words (
  word       TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  code       TEXT    NOT NULL,
  PRIMARY KEY (word, created_at, code)
) WITHOUT ROWID;

-- How far the links that were there before have been gone through, in the order of codes.
CREATE TABLE link_words_progress (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  last_code TEXT    NOT NULL,
  done      INTEGER NOT NULL
);
INSERT INTO link_words_progress VALUES (1, '', 0);

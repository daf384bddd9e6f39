-- What search finds links by: for each word of a link one entry, in the order of lists. Newest first is a walk.
CREATE TABLE link_words (
  word       text   COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  code       text   COLLATE "C" NOT NULL,
  PRIMARY KEY (word, created_at, code)
);

-- How far the links that were there before have been gone through, in the order of codes.
CREATE TABLE link_words_progress (
  id        bigint  PRIMARY KEY CHECK (id = 1),
  last_code text    COLLATE "C" NOT NULL,
  done      boolean NOT NULL
);
INSERT INTO link_words_progress VALUES (1, '', false);

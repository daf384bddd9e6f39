-- Posts, and who follows whom.

CREATE TABLE posts (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  author_id  bigint NOT NULL REFERENCES users (id),
  text       text   NOT NULL,
  created_at bigint NOT NULL,
  version    bigint NOT NULL DEFAULT 1
);
CREATE INDEX posts_by_author ON posts (author_id, id);

CREATE TABLE follows (
  follower_id bigint NOT NULL REFERENCES users (id),
  followee_id bigint NOT NULL REFERENCES users (id),
  PRIMARY KEY (follower_id, followee_id)
);
CREATE INDEX follows_by_followee ON follows (followee_id, follower_id);

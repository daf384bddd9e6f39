-- ifExists=reuse wants a link that redirects. Of one URL there may be any number that no longer do: the expired ones
-- are behind the end of the range that is read, the used-up and deleted ones are not in the index at all.
CREATE INDEX CONCURRENTLY IF NOT EXISTS links_reusable
  ON links (url_hash, coalesce(expires_at, 9223372036854775807))
  WHERE NOT deleted AND (max_clicks IS NULL OR clicks_used < max_clicks)

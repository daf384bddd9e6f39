-- The index of the migration before, whole: a build that was interrupted leaves one behind that nobody reads.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_index WHERE indexrelid = 'links_reusable'::regclass AND NOT indisvalid) THEN
    REINDEX INDEX links_reusable;
  END IF;
END $$;
-- It takes the place of this one.
DROP INDEX links_by_url;

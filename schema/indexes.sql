-- Made after the rows are in.
CREATE INDEX object_by_address ON object(address);
CREATE INDEX object_by_type ON object(type_id);
CREATE INDEX object_by_dominator ON object(dominator_id, retained_count) WHERE dominator_id IS NOT NULL;
CREATE INDEX type_by_qualname ON type(qualname);
CREATE INDEX reference_by_referent ON reference_row(referent_id);
CREATE INDEX root_by_object ON root(object_id);
CREATE INDEX root_by_kind ON root(kind, name);
CREATE INDEX root_by_thread ON root(thread_id) WHERE thread_id IS NOT NULL;
CREATE INDEX variable_by_frame ON variable(frame_id);
CREATE INDEX variable_by_object ON variable(object_id);
CREATE INDEX frame_by_object ON frame(object_id);
CREATE INDEX awaiting_by_awaited ON awaiting(awaited_id) WHERE awaited_id IS NOT NULL;
CREATE INDEX wakeup_by_object ON wakeup(object_id);
CREATE INDEX wakeup_by_woken ON wakeup(woken_id);
CREATE INDEX chunk_by_object ON chunk(object_id) WHERE object_id IS NOT NULL;
CREATE INDEX chunk_list_by_object ON chunk_list(object_id);
-- Copies lie side by side here; the rows of numbers are left out.
CREATE INDEX content_by_hash ON content(hash, length) WHERE hash IS NOT NULL;
-- The few that retain much: where rules and explanations begin.
CREATE INDEX object_by_retained ON object(retained_size) WHERE retained_size >= 65536;
CREATE INDEX retained_by_group ON retained_row(kind, id);
-- What the query planner has to know: that there are few types and many objects (sqlite.org/lang_analyze.html). It takes
-- an empty table for a large one, so these get a row, too.
PRAGMA analysis_limit = 1000;
ANALYZE;
INSERT INTO sqlite_stat1(tbl, idx, stat)
  SELECT name, NULL, '1' FROM sqlite_schema
  WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT IN (SELECT tbl FROM sqlite_stat1);

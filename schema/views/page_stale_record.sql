-- The stale records of a page of tables, by its number pa >> 12. For those of one descriptor ask for
--   page = @pa >> 12 AND entries >> (@pa >> 6 & 63) & 1 AND pa = @pa
-- as of page_store. To search stale_record itself for an address takes reading all of it.
CREATE VIEW page_stale_record AS
SELECT
  s.page,
  s.first_id,
  s.entries,
  r.id,
  r.break_seq,
  +r.pa AS pa, -- the sign keeps SQLite from making an index of all records for one query
  r.level,
  r.space_id,
  r.va,
  r.size_bytes,
  r.group_bytes,
  r.asid,
  r.old,
  r.new,
  r.class,
  r.tlbi_seq,
  r.complete_seq,
  r.break_line,
  r.tlbi_line,
  r.complete_line,
  r.window_ns
FROM stale_run AS s
CROSS JOIN stale_record AS r ON r.id BETWEEN s.first_id AND s.last_id
WHERE r.pa >> 12 = s.page;

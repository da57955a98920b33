-- The values of a page of tables that events other than stores tell, by its number pa >> 12. For those of
-- one descriptor ask for
--   page = @pa >> 12 AND entries >> (@pa >> 6 & 63) & 1 AND pa = @pa
-- as of page_store. To search descriptor_known itself for an address takes reading all of it.
CREATE VIEW page_known AS
SELECT
  r.page,
  r.first_seq,
  r.entries,
  k.seq,
  k.line,
  k.time_ns,
  k.cpu,
  k.task_id,
  k.source,
  +k.pa AS pa, -- the sign keeps SQLite from making an index of all values for one query
  k.value,
  k.old,
  k.level
FROM known_run AS r
CROSS JOIN descriptor_known AS k ON k.seq BETWEEN r.first_seq AND r.last_seq
WHERE k.pa >> 12 = r.page;

-- The stores to a page of tables, by its number pa >> 12. For those to one descriptor ask for
--   page = @pa >> 12 AND entries >> (@pa >> 6 & 63) & 1 AND pa = @pa
-- where the second condition is for speed alone: it passes over runs without a store to it. They
-- are in the order of the trace by first_seq and seq. To search pgtable_write itself for an address
-- takes reading all of it.
CREATE VIEW page_store AS
SELECT
  r.page,
  r.first_seq,
  r.entries,
  w.seq,
  w.line,
  w.time_ns,
  w.cpu,
  w.task_id,
  +w.pa AS pa, -- the sign keeps SQLite from making an index of all stores for one query
  w.new,
  w.old,
  w.level,
  w.alias_va,
  w.size_bytes,
  w.how_id,
  w.pc
FROM store_run AS r
CROSS JOIN pgtable_write AS w ON w.seq BETWEEN r.first_seq AND r.last_seq
WHERE w.pa >> 12 = r.page;

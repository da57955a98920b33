-- title: Everything that happened to one table
-- summary: When the page became a table, served which addresses, was stored to, and was given
-- summary: back.
-- param: base address required physical address of the table
-- param: size_bytes integer 4096 size of the table
-- column: seq sequence number of the event
-- column: line line in the trace
-- column: cpu logical CPU
-- column: time seconds, or ticks of a counter clock
-- column: task command name and thread id
-- column: event known, used, unused, store, free, orphan or finding
-- column: pa physical address of the entry, empty when it is about the whole table
-- column: old value before, empty when not known
-- column: new value after
-- column: detail more about it
WITH
-- The stores are sorted by key alone, before their texts are made, and the arms are merged; LIMIT
-- keeps SQLite from flattening either into the outer query. Events are found by a join in a list
-- of their own, so that they are looked up once.
store_key AS (
  SELECT seq
  FROM page_store
  WHERE page >= @base >> 12
    AND page <= (@base + @size_bytes - 1) >> 12
    AND pa >= @base
    AND pa < @base + @size_bytes
  ORDER BY seq
  LIMIT -1
),
use_change AS MATERIALIZED (
  SELECT from_seq AS seq, 1 AS place, id, 'used' AS event, level, va_base
  FROM table_use
  WHERE base = @base
  UNION ALL
  SELECT to_seq, 4, id, 'unused', level, va_base
  FROM table_use
  WHERE base = @base
    AND to_seq IS NOT NULL
),
happening AS (
  SELECT w.seq, 2 AS place, w.seq AS id, w.line, w.cpu, w.time_ns, w.task_id, 'store' AS event,
    w.pa, w.old, w.new, w.detail
  FROM store_key AS x
  CROSS JOIN _store AS w ON w.seq = x.seq
  UNION ALL
  SELECT seq, 1, 0, line, cpu, time_ns, task_id, 'known', NULL, NULL, NULL,
    printf('level %d', level)
    || iif(parent_pa IS NULL, '', printf(', pointed to by 0x%016x', parent_pa))
    || iif(root IS NULL, '', printf(', root of TTBR%d', root))
  FROM table_known
  WHERE base = @base
  UNION ALL
  SELECT u.seq, u.place, u.id, e.line, e.cpu, e.time_ns, e.task_id, u.event, NULL, NULL, NULL,
    printf('at level %d', u.level)
    || iif(u.va_base IS NULL, ', input address not known', printf(', from 0x%016x', u.va_base))
  FROM use_change AS u
  CROSS JOIN event AS e ON e.seq = u.seq
  UNION ALL
  SELECT seq, 5, 0, line, cpu, time_ns, task_id, iif(is_free, 'free', 'orphan'), NULL, NULL, NULL,
    ifnull((SELECT text FROM name WHERE id = why_id), '')
  FROM table_gone
  WHERE base = @base
  UNION ALL
  SELECT seq, 3, id, line, cpu, time_ns, task_id, 'finding', pa, old, new, rule || ': ' || summary
  FROM finding
  WHERE pa >= @base
    AND pa < @base + @size_bytes
  ORDER BY seq, place, id
  LIMIT -1
)
SELECT
  p.seq,
  p.line,
  p.cpu,
  iif((SELECT is_counter FROM _clock), p.time_ns,
    printf('%d.%09d', p.time_ns / 1000000000, p.time_ns % 1000000000)) AS time,
  (SELECT text FROM _task WHERE id = p.task_id) AS task,
  p.event,
  iif(p.pa IS NULL, NULL, printf('0x%016x', p.pa)) AS pa,
  iif(p.old IS NULL, NULL, printf('0x%016x', p.old)) AS old,
  iif(p.new IS NULL, NULL, printf('0x%016x', p.new)) AS new,
  p.detail
FROM happening AS p
ORDER BY p.seq, p.place, p.id;

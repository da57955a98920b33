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
WITH happening (seq, line, cpu, time_ns, task_id, place, event, pa, old, new, detail) AS (
  SELECT seq, line, cpu, time_ns, task_id, 1, 'known', NULL, NULL, NULL,
    printf('level %d', level)
    || iif(parent_pa IS NULL, '', printf(', pointed to by 0x%016x', parent_pa))
    || iif(root IS NULL, '', printf(', root of TTBR%d', root))
  FROM table_known
  WHERE base = @base
  UNION ALL
  SELECT from_seq,
    (SELECT line FROM event WHERE seq = from_seq),
    (SELECT cpu FROM event WHERE seq = from_seq),
    (SELECT time_ns FROM event WHERE seq = from_seq),
    (SELECT task_id FROM event WHERE seq = from_seq),
    1, 'used', NULL, NULL, NULL, printf('at level %d', level)
    || iif(va_base IS NULL, ', input address not known', printf(', from 0x%016x', va_base))
  FROM table_use
  WHERE base = @base
  UNION ALL
  SELECT to_seq,
    (SELECT line FROM event WHERE seq = to_seq),
    (SELECT cpu FROM event WHERE seq = to_seq),
    (SELECT time_ns FROM event WHERE seq = to_seq),
    (SELECT task_id FROM event WHERE seq = to_seq),
    4, 'unused', NULL, NULL, NULL, printf('at level %d', level)
    || iif(va_base IS NULL, ', input address not known', printf(', from 0x%016x', va_base))
  FROM table_use
  WHERE base = @base
    AND to_seq IS NOT NULL
  UNION ALL
  SELECT seq, line, cpu, time_ns, task_id, 2, 'store', pa, old, new,
    trim(ifnull((SELECT text FROM name WHERE id = how_id), '')
      || iif(pc IS NULL, '', printf(' pc=0x%016x', pc)))
  FROM pgtable_write
  WHERE pa >= @base
    AND pa < @base + @size_bytes
  UNION ALL
  SELECT seq, line, cpu, time_ns, task_id, 5, iif(is_free, 'free', 'orphan'), NULL, NULL, NULL,
    ifnull((SELECT text FROM name WHERE id = why_id), '')
  FROM table_gone
  WHERE base = @base
  UNION ALL
  SELECT seq, line, cpu, time_ns, task_id, 3, 'finding', pa, old, new, rule || ': ' || summary
  FROM finding
  WHERE pa >= @base
    AND pa < @base + @size_bytes
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
ORDER BY p.seq, p.place, p.pa, p.event, p.detail;

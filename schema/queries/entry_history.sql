-- title: Everything that happened to one descriptor
-- summary: Stores, values told by other events, the maintenance that completed overwritten
-- summary: values, and findings, in the order of the trace.
-- param: pa address required physical address of the descriptor
-- column: seq sequence number of the event
-- column: line line in the trace
-- column: cpu logical CPU
-- column: time seconds, or ticks of a counter clock
-- column: task command name and thread id
-- column: event store, initial, hardware, final, complete or finding
-- column: old value before, empty when not known
-- column: new value after
-- column: detail who did the store, what was completed, or the finding
WITH happening (seq, line, cpu, time_ns, task_id, place, event, old, new, detail) AS (
  SELECT seq, line, cpu, time_ns, task_id, 1, 'store', old, new,
    trim(ifnull((SELECT text FROM name WHERE id = how_id), '')
      || iif(pc IS NULL, '', printf(' pc=0x%016x', pc)))
  FROM pgtable_write
  WHERE pa = @pa
  UNION ALL
  SELECT seq, line, cpu, time_ns, task_id, 1,
    CASE source WHEN 0 THEN 'initial' WHEN 1 THEN 'hardware' ELSE 'final' END,
    old, value, ''
  FROM descriptor_known
  WHERE pa = @pa
  UNION ALL
  SELECT complete_seq,
    (SELECT line FROM event WHERE seq = complete_seq),
    (SELECT cpu FROM event WHERE seq = complete_seq),
    (SELECT time_ns FROM event WHERE seq = complete_seq),
    (SELECT task_id FROM event WHERE seq = complete_seq),
    2, 'complete', old, NULL,
    'no TLB holds the value removed at line '
      || (SELECT line FROM event WHERE seq = break_seq) || ' any more'
      || iif(tlbi_seq IS NULL, '',
        '; TLBI at line ' || (SELECT line FROM tlbi WHERE seq = tlbi_seq))
  FROM stale_record
  WHERE pa = @pa
    AND complete_seq IS NOT NULL
  UNION ALL
  SELECT seq, line, cpu, time_ns, task_id, 3, 'finding', old, new, rule || ': ' || summary
  FROM finding
  WHERE pa = @pa
)
SELECT
  p.seq,
  p.line,
  p.cpu,
  iif((SELECT is_counter FROM _clock), p.time_ns,
    printf('%d.%09d', p.time_ns / 1000000000, p.time_ns % 1000000000)) AS time,
  (SELECT text FROM _task WHERE id = p.task_id) AS task,
  p.event,
  iif(p.old IS NULL, NULL, printf('0x%016x', p.old)) AS old,
  iif(p.new IS NULL, NULL, printf('0x%016x', p.new)) AS new,
  p.detail
FROM happening AS p
ORDER BY p.seq, p.place, p.event, p.old, p.detail;

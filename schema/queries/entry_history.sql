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
WITH
-- The stores are sorted by key alone, before their texts are made, and the arms, each in the order
-- of the trace, are merged; LIMIT keeps SQLite from flattening either into the outer query. A
-- completion is nearly always a barrier: the view event, which looks into every table, is asked
-- last.
store_key AS (
  SELECT seq
  FROM page_store
  WHERE page = @pa >> 12
    AND entries >> (@pa >> 6 & 63) & 1
    AND pa = @pa
  ORDER BY first_seq, seq
  LIMIT -1
),
happening AS (
  SELECT w.seq, 1 AS place, 0 AS id, w.line, w.cpu, w.time_ns, w.task_id, 'store' AS event, w.old,
    w.new, w.detail
  FROM store_key AS x
  CROSS JOIN _store AS w ON w.seq = x.seq
  UNION ALL
  SELECT seq, 1, 0, line, cpu, time_ns, task_id,
    CASE source WHEN 1 THEN 'hardware' WHEN 2 THEN 'final' ELSE 'initial' END,
    old, value, ''
  FROM page_known
  WHERE page = @pa >> 12
    AND entries >> (@pa >> 6 & 63) & 1
    AND pa = @pa
  UNION ALL
  SELECT r.complete_seq, 2, r.id,
    r.complete_line,
    ifnull(b.cpu, (SELECT cpu FROM event WHERE seq = r.complete_seq)),
    ifnull(b.time_ns, (SELECT time_ns FROM event WHERE seq = r.complete_seq)),
    ifnull(b.task_id, (SELECT task_id FROM event WHERE seq = r.complete_seq)),
    'complete', r.old, NULL,
    'no TLB holds the value removed at line ' || r.break_line || ' any more'
      || iif(r.tlbi_seq IS NULL, '', '; TLBI at line ' || r.tlbi_line)
  FROM page_stale_record AS r
  LEFT JOIN barrier AS b ON b.seq = r.complete_seq
  WHERE r.page = @pa >> 12
    AND r.entries >> (@pa >> 6 & 63) & 1
    AND r.pa = @pa
    AND r.complete_seq IS NOT NULL
  UNION ALL
  SELECT seq, 3, id, line, cpu, time_ns, task_id, 'finding', old, new, rule || ': ' || summary
  FROM finding
  WHERE pa = @pa
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
  iif(p.old IS NULL, NULL, printf('0x%016x', p.old)) AS old,
  iif(p.new IS NULL, NULL, printf('0x%016x', p.new)) AS new,
  p.detail
FROM happening AS p
ORDER BY p.seq, p.place, p.id;

-- title: The events that prove one finding
-- summary: The store that made the old value stale, the nearest barrier and TLBI with the reason
-- summary: why they do not count, and the store that completes the fault, as they stand in the
-- summary: trace.
-- param: id integer required number of the finding
-- column: role break, load, store or earlier; fill; barrier; tlbi; make
-- column: line line in the trace
-- column: cpu logical CPU
-- column: time seconds, or ticks of a counter clock
-- column: task command name and thread id
-- column: event kind of the event
-- column: text its content
-- column: why why it does not count, or what it changed
-- column: path the trace that the line is in
WITH piece (role, place, seq, why) AS MATERIALIZED (
  SELECT
    CASE
      WHEN rule = 'table-copy-stale' THEN 'earlier'
      WHEN rule IN ('asid-reuse-no-flush', 'ng-global-overlap') AND old_decoded = '' THEN 'load'
      WHEN rule LIKE 'cont-%' THEN 'store'
      ELSE 'break'
    END,
    1, stale_seq,
    CASE
      WHEN rule = 'table-copy-stale' THEN 'what the copy came before or after'
      WHEN rule IN ('asid-reuse-no-flush', 'ng-global-overlap') AND old_decoded = ''
        THEN 'from here on a TLB may hold what this root translates'
      WHEN rule LIKE 'cont-%' THEN 'the member that it disagrees with: ' || old_decoded
      WHEN old_decoded = '' THEN 'from here on a TLB may hold the old value'
      ELSE 'from here on a TLB may hold the old value: ' || old_decoded
    END
  FROM finding
  WHERE id = @id
    AND stale_seq IS NOT NULL
    AND stale_seq <> seq
  UNION ALL
  SELECT 'fill', 2, fill_seq,
    'a TLB of this CPU held the old value and was not told to drop it'
  FROM finding
  WHERE id = @id
    AND fill_seq IS NOT NULL
  UNION ALL
  SELECT 'barrier', 2, barrier_seq, barrier_why
  FROM finding
  WHERE id = @id
    AND barrier_seq IS NOT NULL
  UNION ALL
  SELECT 'tlbi', 3, tlbi_seq, tlbi_why
  FROM finding
  WHERE id = @id
    AND tlbi_seq IS NOT NULL
  UNION ALL
  SELECT 'make', 4, seq, difference
  FROM finding
  WHERE id = @id
),
-- Sorted once the events are found: a sort in the same SELECT keeps SQLite from its keys, and a
-- CROSS JOIN keeps it from turning the join around.
placed AS MATERIALIZED (
  SELECT p.*, e.line, e.cpu, e.time_ns, e.task_id, e.kind, e.text
  FROM piece AS p
  CROSS JOIN event AS e ON e.seq = p.seq
)
SELECT
  p.role,
  p.line,
  p.cpu,
  iif((SELECT is_counter FROM _clock), p.time_ns,
    printf('%d.%09d', p.time_ns / 1000000000, p.time_ns % 1000000000)) AS time,
  (SELECT text FROM _task WHERE id = p.task_id) AS task,
  p.kind AS event,
  p.text,
  p.why,
  (SELECT path FROM trace WHERE id =
    (SELECT trace_id FROM trace_run WHERE first_seq <= p.seq ORDER BY first_seq DESC LIMIT 1)
  ) AS path
FROM placed AS p
ORDER BY p.seq, p.place;

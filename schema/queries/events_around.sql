-- title: The events around a line of the trace
-- summary: As they stand in the trace, those of all CPUs.
-- param: line integer required line in the trace
-- param: trace integer 1 number of the trace that the line is in
-- param: before integer 10 events to show before it
-- param: after integer 10 events to show behind it
-- column: seq sequence number of the event
-- column: line line in the trace
-- column: cpu logical CPU
-- column: time seconds, or ticks of a counter clock
-- column: task command name and thread id
-- column: event kind of the event
-- column: text its content
-- column: trace number of the trace that the line is in
WITH RECURSIVE
-- The last event at or before the line, found by steps of halving size as in moment.sql.
run AS (
  SELECT first_seq
  FROM trace_run
  WHERE trace_id = @trace
    AND first_line <= @line
  ORDER BY first_line DESC, first_seq DESC
  LIMIT 1
),
stepped (seq, step, last_seq) AS (
  SELECT
    first_seq - 1,
    1 << 40,
    ifnull((SELECT min(first_seq) - 1 FROM trace_run WHERE first_seq > run.first_seq),
      (SELECT max(last_seq) FROM trace))
  FROM run
  UNION ALL
  SELECT
    s.seq + iif(s.seq + s.step <= s.last_seq
      AND (SELECT line <= @line FROM event WHERE seq = s.seq + s.step), s.step, 0),
    s.step >> 1,
    s.last_seq
  FROM stepped AS s
  WHERE s.step > 0
),
centre AS MATERIALIZED (
  SELECT seq
  FROM stepped
  WHERE step = 0
)
SELECT
  e.seq,
  e.line,
  e.cpu,
  iif((SELECT is_counter FROM _clock), e.time_ns,
    printf('%d.%09d', e.time_ns / 1000000000, e.time_ns % 1000000000)) AS time,
  (SELECT text FROM _task WHERE id = e.task_id) AS task,
  e.kind AS event,
  e.text,
  (SELECT trace_id FROM trace_run WHERE first_seq <= e.seq
    ORDER BY first_seq DESC LIMIT 1) AS trace
FROM event AS e
WHERE e.seq >= (SELECT seq - @before FROM centre)
  AND e.seq <= (SELECT seq + @after FROM centre)
ORDER BY e.seq;

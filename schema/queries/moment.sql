-- title: The last event at or before a place in the trace
-- summary: Turns a line or a time into the sequence number that walk asks for; without either,
-- summary: the last event of the trace.
-- report: no
-- param: line integer NULL line in the trace
-- param: trace integer 1 number of the trace that the line is in
-- param: time integer NULL nanoseconds, or ticks of a counter clock
-- column: seq sequence number of the event
-- column: line its line
-- column: cpu its CPU
-- column: time seconds, or ticks of a counter clock
WITH RECURSIVE
-- Lines ascend with the sequence numbers of a run, and times with those of all traces unless the
-- import met one that goes backwards. So the last event at or before a place needs no index: from
-- before the first event, steps of halving size are taken as long as they do not lead behind it.
within (first_seq, last_seq) AS (
  SELECT *
  FROM (
    SELECT min(first_seq), max(last_seq)
    FROM trace
    WHERE last_seq >= first_seq
  )
  WHERE @line IS NULL
  UNION ALL
  SELECT
    r.first_seq,
    ifnull((SELECT min(first_seq) - 1 FROM trace_run WHERE first_seq > r.first_seq),
      (SELECT max(last_seq) FROM trace))
  FROM (
    SELECT first_seq
    FROM trace_run
    WHERE trace_id = @trace
      AND first_line <= @line
    ORDER BY first_line DESC, first_seq DESC
    LIMIT 1
  ) AS r
),
stepped (seq, step) AS (
  SELECT first_seq - 1, 1 << 40
  FROM within
  UNION ALL
  SELECT
    s.seq + iif(s.seq + s.step <= r.last_seq
      AND (SELECT line <= ifnull(@line, line) AND time_ns <= ifnull(@time, time_ns)
        FROM event WHERE seq = s.seq + s.step), s.step, 0),
    s.step >> 1
  FROM stepped AS s
  CROSS JOIN within AS r
  WHERE s.step > 0
),
found AS MATERIALIZED (
  SELECT
    CASE
      WHEN @line IS NULL AND @time IS NULL THEN r.last_seq
      WHEN @time IS NULL OR NOT EXISTS (SELECT 1 FROM problem_count WHERE kind = 'time-backwards')
        THEN (SELECT seq FROM stepped WHERE step = 0)
      ELSE
        (SELECT max(seq) FROM event
          WHERE time_ns <= @time
            AND line <= ifnull(@line, line)
            AND seq >= r.first_seq
            AND seq <= r.last_seq)
    END AS seq
  FROM within AS r
)
SELECT
  e.seq,
  e.line,
  e.cpu,
  iif((SELECT is_counter FROM _clock), e.time_ns,
    printf('%d.%09d', e.time_ns / 1000000000, e.time_ns % 1000000000)) AS time
FROM event AS e
WHERE e.seq = (SELECT seq FROM found)
ORDER BY e.seq;

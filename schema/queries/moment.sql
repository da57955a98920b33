-- title: The last event at or before a place in the trace
-- summary: Turns a line or a time into the sequence number that walk asks for; without either,
-- summary: the last event of the trace.
-- param: line integer NULL line in the trace
-- param: trace integer 1 number of the trace that the line is in
-- param: time integer NULL nanoseconds, or ticks of a counter clock
-- column: seq sequence number of the event
-- column: line its line
-- column: cpu its CPU
-- column: time seconds, or ticks of a counter clock
WITH found AS MATERIALIZED (
  SELECT max(seq) AS seq
  FROM event
  WHERE (@line IS NULL
      OR (line <= @line
        AND seq >= ifnull((SELECT first_seq FROM trace WHERE id = @trace), 0)
        AND seq <= ifnull((SELECT last_seq FROM trace WHERE id = @trace), 0)))
    AND time_ns <= ifnull(@time, time_ns)
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

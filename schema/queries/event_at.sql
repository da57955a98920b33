-- title: One event
-- summary: The event of a sequence number, as it stands in the trace.
-- param: seq integer required sequence number
-- column: seq sequence number of the event
-- column: line line in the trace
-- column: cpu logical CPU
-- column: time seconds, or ticks of a counter clock
-- column: task command name and thread id
-- column: event kind of the event
-- column: text its content
-- column: trace number of the trace that the line is in
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
WHERE e.seq = @seq
ORDER BY e.seq;

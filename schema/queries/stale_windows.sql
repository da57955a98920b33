-- title: How long overwritten values could still be used, longest first
-- summary: From the store that removed a value to the event after which no TLB can hold it.
-- summary: Values that are never completed in this trace are in the query pending_at_end.
-- param: limit integer 1000 at most this many rows
-- param: class class NULL only this transition class
-- column: events_between events from the break to the completion
-- column: time_between seconds between the two, or ticks of a counter clock
-- column: break_line line of the store that removed the value
-- column: tlbi_line line of the TLBI that covered it last
-- column: complete_line line of the event that completed it
-- column: class transition class of the change
-- column: pa physical address of the descriptor
-- column: level lookup level
-- column: va input address, empty when not known
-- column: size_bytes input range the value translates
-- column: asid ASID, empty for a global entry or when not known
-- column: old the stale value
-- column: new what replaced it
WITH
-- A break is nearly always a store and a completion a barrier: the view event, which looks into
-- every table, is asked last.
longest AS (
  SELECT *
  FROM stale_record
  WHERE complete_seq IS NOT NULL
    AND (@class IS NULL OR class = @class)
  ORDER BY complete_seq - break_seq DESC, id
  LIMIT @limit
),
placed AS (
  SELECT
    r.*,
    ifnull(w.line, (SELECT line FROM event WHERE seq = r.break_seq)) AS break_line,
    ifnull(b.line, (SELECT line FROM event WHERE seq = r.complete_seq)) AS complete_line,
    ifnull(b.time_ns, (SELECT time_ns FROM event WHERE seq = r.complete_seq))
      - ifnull(w.time_ns, (SELECT time_ns FROM event WHERE seq = r.break_seq)) AS window_ns
  FROM longest AS r
  LEFT JOIN pgtable_write AS w ON w.seq = r.break_seq
  LEFT JOIN barrier AS b ON b.seq = r.complete_seq
)
SELECT
  r.complete_seq - r.break_seq AS events_between,
  iif((SELECT is_counter FROM _clock), r.window_ns,
    printf('%d.%09d', r.window_ns / 1000000000, r.window_ns % 1000000000)) AS time_between,
  r.break_line,
  (SELECT line FROM tlbi WHERE seq = r.tlbi_seq) AS tlbi_line,
  r.complete_line,
  r.class,
  printf('0x%016x', r.pa) AS pa,
  r.level,
  iif(r.va IS NULL, NULL, printf('0x%016x', r.va)) AS va,
  r.size_bytes,
  r.asid,
  printf('0x%016x', r.old) AS old,
  printf('0x%016x', r.new) AS new
FROM placed AS r
ORDER BY events_between DESC, r.id;

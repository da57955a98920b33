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
SELECT
  r.complete_seq - r.break_seq AS events_between,
  iif((SELECT is_counter FROM _clock), r.window_ns,
    printf('%d.%09d', r.window_ns / 1000000000, r.window_ns % 1000000000)) AS time_between,
  r.break_line,
  r.tlbi_line,
  r.complete_line,
  r.class,
  printf('0x%016x', r.pa) AS pa,
  r.level,
  iif(r.va IS NULL, NULL, printf('0x%016x', r.va)) AS va,
  r.size_bytes,
  r.asid,
  printf('0x%016x', r.old) AS old,
  printf('0x%016x', r.new) AS new
FROM (
  -- Only numbers are sorted, not rows of thirteen columns; CROSS JOIN keeps their order.
  SELECT id
  FROM stale_record
  WHERE complete_seq IS NOT NULL
    AND (@class IS NULL OR class = @class)
  ORDER BY complete_seq - break_seq DESC, id
  LIMIT @limit
) AS longest
CROSS JOIN stale_record AS r ON r.id = longest.id;

-- title: Permission changes of live descriptors and when they took effect
-- summary: Direct permission and global-to-non-global changes, with the TLBI and the DSB after
-- summary: which no TLB can answer with the old value. Empty completion: not within this trace.
-- param: class class NULL only this class: T8 relaxed, T9 restricted, T10 table bits, T15 made nG
-- column: line line of the store
-- column: cpu logical CPU
-- column: time seconds, or ticks of a counter clock
-- column: class transition class
-- column: what relaxed, restricted, table attributes or made non-global
-- column: pa physical address of the descriptor
-- column: level lookup level
-- column: va input address, empty when not known
-- column: old value before
-- column: new value stored
-- column: tlbi_line line of the TLBI that covered the old value last
-- column: complete_line line of the event that completed it
-- column: events_between events from the store to the completion
-- column: verdict allowed, or the rule it broke
-- column: task command name and thread id
-- column: site program counter, or what did the store and the task's command name
-- column: linux_verdict safe or unsafe by Linux's own test of kernel mappings, else empty
SELECT
  s.line,
  s.cpu,
  s.time,
  t.class,
  CASE t.class
    WHEN 'T8' THEN 'relaxed'
    WHEN 'T9' THEN 'restricted'
    WHEN 'T10' THEN 'table attributes'
    ELSE 'made non-global'
  END AS what,
  printf('0x%016x', t.pa) AS pa,
  t.level,
  iif(t.va IS NULL, NULL, printf('0x%016x', t.va)) AS va,
  printf('0x%016x', t.old) AS old,
  printf('0x%016x', t.new) AS new,
  r.tlbi_line,
  r.complete_line,
  r.complete_seq - t.seq AS events_between,
  t.verdict,
  s.task,
  s.site,
  t.linux_verdict
FROM transition AS t
JOIN _store AS s ON s.seq = t.seq
LEFT JOIN stale_record AS r ON r.id = t.stale_id
WHERE t.is_live = 1
  AND t.via_break = 0
  AND t.class IN ('T8', 'T9', 'T10', 'T15')
  AND (@class IS NULL OR t.class = @class)
ORDER BY t.seq, t.pa;

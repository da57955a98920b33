-- title: The stores folded into one finding
-- summary: Every store of a fault that was counted once.
-- param: id integer required number of the finding
-- column: line line of the store
-- column: cpu logical CPU
-- column: pa physical address of the descriptor
-- column: va input address, empty when not known
-- column: old the stale or overwritten value
-- column: new the value stored
-- column: stale_line line of the store that made the old value stale
SELECT
  (SELECT line FROM event WHERE seq = s.seq) AS line,
  (SELECT cpu FROM event WHERE seq = s.seq) AS cpu,
  printf('0x%016x', s.pa) AS pa,
  iif(s.va IS NULL, NULL, printf('0x%016x', s.va)) AS va,
  iif(s.old IS NULL, NULL, printf('0x%016x', s.old)) AS old,
  iif(s.new IS NULL, NULL, printf('0x%016x', s.new)) AS new,
  (SELECT line FROM event WHERE seq = s.stale_seq) AS stale_line
FROM _finding_store AS s
WHERE s.finding_id = @id
ORDER BY s.seq, s.pa;

-- title: Changes of mapping size
-- summary: Every split of a block into a table, fuse of a table into a block, and fold or unfold
-- summary: of a contiguous group: who did it, live or not, by way of a break or not, and the
-- summary: verdict.
-- param: live integer NULL 1 only live tables, 0 only tables that hardware cannot walk
-- column: line line of the store
-- column: cpu logical CPU
-- column: time seconds, or ticks of a counter clock
-- column: what split, fuse, fold or unfold
-- column: class transition class
-- column: is_live 1 when hardware may walk the table
-- column: via_break 1 when an invalid value stood in between
-- column: verdict allowed, offline, completed, or the rule it broke
-- column: pa physical address of the descriptor
-- column: level lookup level
-- column: va input address, empty when not known
-- column: old the last valid value before
-- column: new the value stored
-- column: task command name and thread id
-- column: site program counter, or what did the store and the task's command name
-- column: how what did the store, empty when the trace does not tell
-- column: finding_id number of the finding, empty where there is none
-- column: linux_verdict safe or unsafe by Linux's own test of kernel mappings, else empty
SELECT
  s.line,
  s.cpu,
  s.time,
  -- Bit 1 tells a table from a block above level 3; bit 52 is Contiguous.
  CASE
    WHEN t.class IN ('T20', 'T21', 'T22', 'T23') THEN iif(t.old & 2, 'fuse', 'split')
    WHEN t.new & (1 << 52) THEN 'fold'
    ELSE 'unfold'
  END AS what,
  t.class,
  t.is_live,
  t.via_break,
  t.verdict,
  printf('0x%016x', t.pa) AS pa,
  t.level,
  iif(t.va IS NULL, NULL, printf('0x%016x', t.va)) AS va,
  printf('0x%016x', t.old) AS old,
  printf('0x%016x', t.new) AS new,
  s.task,
  s.site,
  (SELECT text FROM name WHERE id = s.how_id) AS how,
  t.finding_id,
  t.linux_verdict
FROM transition AS t
JOIN _store AS s ON s.seq = t.seq
WHERE t.class IN ('T20', 'T21', 'T22', 'T23', 'T26', 'T27')
  AND (@live IS NULL OR t.is_live = @live)
ORDER BY t.seq, t.pa;

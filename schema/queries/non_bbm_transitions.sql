-- title: Changes of live descriptors made without a complete break-before-make
-- summary: Direct changes from one valid value to another, of a class that needs break-before-
-- summary: make or that a FEAT_BBM level allows only for a size change, and every change that is
-- summary: part of a finding, by way of an invalid value or not. The verdict tells why a row is
-- summary: no finding.
-- param: class class NULL only this transition class, such as T16
-- param: verdict text NULL only this verdict: allowed, completed, or the id of a rule
-- column: line line of the store
-- column: cpu logical CPU
-- column: time seconds, or ticks of a counter clock
-- column: class transition class, described by the query transition_classes
-- column: via_break 1 when an invalid value stood in between
-- column: pa physical address of the descriptor
-- column: level lookup level
-- column: va input address, empty when not known
-- column: old the last valid value before
-- column: new the value stored
-- column: verdict allowed, completed, or the rule it broke
-- column: finding_id number of the finding, empty where there is none
-- column: site program counter, or what did the store and the task's command name
-- column: task command name and thread id
-- column: linux_verdict safe or unsafe by Linux's own test of kernel mappings, else empty
SELECT
  s.line,
  s.cpu,
  s.time,
  t.class,
  t.via_break,
  printf('0x%016x', t.pa) AS pa,
  t.level,
  iif(t.va IS NULL, NULL, printf('0x%016x', t.va)) AS va,
  printf('0x%016x', t.old) AS old,
  printf('0x%016x', t.new) AS new,
  t.verdict,
  t.finding_id,
  s.site,
  s.task,
  t.linux_verdict
FROM transition AS t
JOIN _store AS s ON s.seq = t.seq
WHERE t.is_live = 1
  AND (t.finding_id IS NOT NULL
    OR (t.via_break = 0
      AND t.class IN ('T11', 'T12', 'T13', 'T14', 'T16', 'T18', 'T19', 'T20', 'T21', 'T22', 'T23',
        'T24', 'T25', 'T26', 'T27')))
  AND (@class IS NULL OR t.class = @class)
  AND (@verdict IS NULL OR t.verdict = @verdict)
ORDER BY t.seq, t.pa;

-- title: Contiguous groups that disagree
-- summary: Findings about contiguous groups, and live changes of the Contiguous bit or of part
-- summary: of a group that are in no such finding. A change by way of a completed break is
-- summary: consistent and only listed on request.
-- param: show_completed integer 0 1 also lists changes by way of a completed break
-- param: show_unknown integer 0 1 also lists findings of which nothing certain can be said
-- column: what rule id of the finding, or class of the transition
-- column: severity error, warning or info; empty for a transition
-- column: confidence of the finding; empty for a transition
-- column: line line of the store
-- column: cpu logical CPU
-- column: time seconds, or ticks of a counter clock
-- column: pa physical address of the descriptor
-- column: level lookup level
-- column: va input address, empty when not known
-- column: old value before
-- column: new value stored
-- column: count stores folded into the finding
-- column: verdict the finding in one sentence, or the verdict on the transition
-- column: site function and offset, program counter, or what did the store and the task's name
-- column: finding_id number of the finding, empty for a transition
WITH contiguous_finding AS (
  SELECT id, rule, severity, confidence, seq, line, cpu, time_ns, pa, level, va, old, new, count,
    summary, pc, how_id, task_id
  FROM finding
  WHERE (rule GLOB 'cont-*' OR rule IN ('bbm-cont-change', 'brk-partial-group'))
    AND (confidence <> 'unknown' OR @show_unknown <> 0)
),
inconsistency AS (
  SELECT rule AS what, severity, confidence, seq, line, cpu, time_ns, pa, level, va, old, new,
    count, summary AS verdict, pc, how_id, task_id, id AS finding_id
  FROM contiguous_finding
  UNION ALL
  SELECT t.class, NULL, NULL, t.seq, w.line, w.cpu, w.time_ns, t.pa, t.level, t.va, t.old, t.new,
    1, t.verdict, w.pc, w.how_id, w.task_id, NULL
  FROM transition AS t
  JOIN pgtable_write AS w ON w.seq = t.seq
  WHERE t.class IN ('T26', 'T27', 'T28')
    AND t.is_live = 1
    AND (t.finding_id IS NULL OR t.finding_id NOT IN (SELECT id FROM contiguous_finding))
    AND (t.verdict <> 'completed' OR @show_completed <> 0)
)
SELECT
  i.what,
  i.severity,
  i.confidence,
  i.line,
  i.cpu,
  iif((SELECT is_counter FROM _clock), i.time_ns,
    printf('%d.%09d', i.time_ns / 1000000000, i.time_ns % 1000000000)) AS time,
  printf('0x%016x', i.pa) AS pa,
  i.level,
  iif(i.va IS NULL, NULL, printf('0x%016x', i.va)) AS va,
  iif(i.old IS NULL, NULL, printf('0x%016x', i.old)) AS old,
  iif(i.new IS NULL, NULL, printf('0x%016x', i.new)) AS new,
  i.count,
  i.verdict,
  iif(i.pc IS NOT NULL,
    ifnull((SELECT text FROM _pc WHERE pc = i.pc), printf('0x%016x', i.pc)),
    trim(ifnull((SELECT text FROM name WHERE id = i.how_id), '') || ' '
      || ifnull((SELECT comm FROM task WHERE id = i.task_id), ''))) AS site,
  i.finding_id
FROM inconsistency AS i
ORDER BY i.seq, i.pa, i.what;

-- title: Findings, one row per fault
-- summary: Every fault that replay found, in the order of the trace. Sixteen stores to one
-- summary: contiguous group, or many makes after one uncompleted TLBI, are one row; count tells.
-- param: rule rule NULL only this rule, such as bbm-oa-change
-- param: severity severity NULL only this severity: error, warning or info
-- param: min_confidence confidence NULL at least this sure: certain, likely, possible or unknown
-- param: show_unknown integer 0 1 also lists findings of which nothing certain can be said
-- param: show_known integer 0 1 also lists findings that the baseline has
-- param: id integer NULL only the finding of this number
-- column: rule id of the rule, explained by 'tracereplay rules ID'
-- column: severity error, warning or info
-- column: confidence certain, likely, possible or unknown
-- column: line line of the store or TTBR write that completes the fault
-- column: cpu logical CPU of that event
-- column: time seconds, or ticks of a counter clock
-- column: pa physical address of the descriptor, or of the root table
-- column: level lookup level of the descriptor, -1..3
-- column: va input address that the descriptor translates, empty when not known
-- column: old the stale or overwritten descriptor value
-- column: new the descriptor value stored
-- column: stale_line line of the store that made the old value stale
-- column: count stores folded into this fault
-- column: site function and offset, program counter, or what did the store and the task's name
-- column: summary the fault in one sentence
-- column: tag empty, or linux-tolerated for a fault that Linux accepts by design
-- column: arm_rule Arm rule ids (DDI 0487)
-- column: asid ASID, empty for global entries or when not known
-- column: old_decoded fields of the old value
-- column: new_decoded fields of the new value
-- column: difference what differs between the two
-- column: tlbi_line line of the nearest TLBI
-- column: tlbi_why why that TLBI did not count
-- column: barrier_line line of the nearest barrier
-- column: barrier_why why that barrier did not count
-- column: task command name and thread id
-- column: id number of the finding, for the query finding_evidence
-- column: path the trace that the line is in
-- column: waiver why the finding is waived, empty when it is not
-- column: is_known 1 when the baseline has it
WITH confidence_rank (confidence, rank) AS (
  VALUES ('unknown', 0), ('possible', 1), ('likely', 2), ('certain', 3)
)
SELECT
  f.rule,
  f.severity,
  f.confidence,
  f.line,
  f.cpu,
  iif((SELECT is_counter FROM _clock), f.time_ns,
    printf('%d.%09d', f.time_ns / 1000000000, f.time_ns % 1000000000)) AS time,
  printf('0x%016x', f.pa) AS pa,
  f.level,
  iif(f.va IS NULL, NULL, printf('0x%016x', f.va)) AS va,
  iif(f.old IS NULL, NULL, printf('0x%016x', f.old)) AS old,
  iif(f.new IS NULL, NULL, printf('0x%016x', f.new)) AS new,
  f.stale_line,
  f.count,
  s.site,
  f.summary,
  f.tag,
  r.arm_rule,
  f.asid,
  f.old_decoded,
  f.new_decoded,
  f.difference,
  f.tlbi_line,
  f.tlbi_why,
  f.barrier_line,
  f.barrier_why,
  (SELECT text FROM _task WHERE id = f.task_id) AS task,
  f.id,
  (SELECT path FROM trace WHERE id =
    (SELECT trace_id FROM trace_run WHERE first_seq <= f.seq ORDER BY first_seq DESC LIMIT 1)
  ) AS path,
  w.reason AS waiver,
  f.is_known
FROM finding AS f
JOIN _finding_site AS s ON s.id = f.id
LEFT JOIN waiver AS w ON w.id = f.waiver_id
LEFT JOIN rule AS r ON r.id = f.rule
JOIN confidence_rank AS c ON c.confidence = f.confidence
WHERE (@id IS NULL OR f.id = @id)
  AND (@rule IS NULL OR f.rule = @rule)
  AND (@severity IS NULL OR f.severity = @severity)
  AND (f.is_known = 0 OR @show_known <> 0 OR @id IS NOT NULL)
  AND (f.confidence <> 'unknown' OR @show_unknown <> 0 OR @min_confidence = 'unknown')
  AND (@min_confidence IS NULL
    OR c.rank >= (SELECT rank FROM confidence_rank WHERE confidence = @min_confidence))
ORDER BY f.seq, f.id;

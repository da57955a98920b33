-- title: Sites that break rules, most findings first
-- summary: Findings by rule and program counter, over all tables: what to look at first.
-- param: show_unknown integer 0 1 also counts findings of which nothing certain can be said
-- column: site program counter, or what did the store and the task's command name
-- column: rule id of the rule
-- column: severity error, warning or info
-- column: tag empty, or linux-tolerated
-- column: findings number of findings
-- column: stores stores folded into them
-- column: tables number of 4 KiB table pages they are in
-- column: tasks number of tasks
-- column: first_line line of the first
-- column: last_line line of the last
-- column: first_id number of the first finding, for the query finding_evidence
SELECT
  iif(f.pc IS NOT NULL, printf('0x%016x', f.pc),
    trim(ifnull((SELECT text FROM name WHERE id = f.how_id), '') || ' ' || t.comm)) AS site,
  f.rule,
  f.severity,
  f.tag,
  count(*) AS findings,
  sum(f.count) AS stores,
  count(DISTINCT f.pa & -4096) AS tables,
  count(DISTINCT f.task_id) AS tasks,
  min(f.line) AS first_line,
  max(f.line) AS last_line,
  min(f.id) AS first_id
FROM finding AS f
LEFT JOIN task AS t ON t.id = f.task_id
WHERE f.confidence <> 'unknown'
  OR @show_unknown <> 0
GROUP BY site, f.rule, f.severity, f.tag
ORDER BY findings DESC, site, f.rule, f.severity, f.tag;

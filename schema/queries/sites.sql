-- title: Sites that break rules, most findings first
-- summary: Findings by rule and program counter, over all tables: what to look at first.
-- param: show_unknown integer 0 1 also counts findings of which nothing certain can be said
-- param: show_waived integer 0 1 also counts findings that are waived
-- param: show_known integer 0 1 also counts findings that the baseline has
-- column: site function and offset, program counter, or what did the store and the task's name
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
WITH sited AS MATERIALIZED (
  SELECT
    f.*,
    iif(f.pc IS NOT NULL,
    ifnull((SELECT text FROM _pc WHERE pc = f.pc), printf('0x%016x', f.pc)),
      trim(ifnull((SELECT text FROM name WHERE id = f.how_id), '') || ' ' || t.comm)) AS site
  FROM finding AS f
  LEFT JOIN task AS t ON t.id = f.task_id
  WHERE (f.confidence <> 'unknown' OR @show_unknown <> 0)
    AND (f.waiver_id IS NULL OR @show_waived <> 0)
    AND (f.is_known = 0 OR @show_known <> 0)
),
-- A finding may have a million stores, in a few tables.
table_page AS MATERIALIZED (
  SELECT DISTINCT finding_id, pa & -4096 AS page
  FROM finding_store
),
stored AS (
  SELECT f.site, f.rule, f.severity, f.tag, count(DISTINCT p.page) AS tables
  FROM sited AS f
  JOIN table_page AS p ON p.finding_id = f.id
  GROUP BY f.site, f.rule, f.severity, f.tag
),
summed AS (
  SELECT
    site,
    rule,
    severity,
    tag,
    count(*) AS findings,
    sum(count) AS stores,
    count(DISTINCT task_id) AS tasks,
    min(line) AS first_line,
    max(line) AS last_line,
    min(id) AS first_id
  FROM sited
  GROUP BY site, rule, severity, tag
)
SELECT
  g.site,
  g.rule,
  g.severity,
  g.tag,
  g.findings,
  g.stores,
  ifnull(d.tables, 1) AS tables,
  g.tasks,
  g.first_line,
  g.last_line,
  g.first_id
FROM summed AS g
LEFT JOIN stored AS d ON d.site = g.site
  AND d.rule = g.rule
  AND d.severity = g.severity
  AND d.tag = g.tag
ORDER BY g.findings DESC, g.site, g.rule, g.severity, g.tag;

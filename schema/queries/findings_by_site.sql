-- title: Findings folded by site and table
-- summary: One row for all findings of one rule that one piece of code caused in one table, so
-- summary: that a loop over many entries is one line and does not hide a second site.
-- param: rule rule NULL only this rule
-- param: severity severity NULL only this severity: error, warning or info
-- param: show_unknown integer 0 1 also counts findings of which nothing certain can be said
-- param: show_waived integer 0 1 also counts findings that are waived
-- param: show_known integer 0 1 also counts findings that the baseline has
-- column: rule id of the rule
-- column: severity error, warning or info
-- column: tag empty, or linux-tolerated
-- column: site function and offset, program counter, or what did the store and the task's name
-- column: comm command name of the task
-- column: table_page physical address of the 4 KiB page that holds the descriptors
-- column: findings number of findings
-- column: stores stores folded into them
-- column: first_line line of the first
-- column: last_line line of the last
-- column: first_id number of the first finding, for the query finding_evidence
-- column: summary the first finding in one sentence
WITH sited AS (
  SELECT
    f.*,
    ifnull((SELECT comm FROM task WHERE id = f.task_id), '') AS comm,
    f.pa & -4096 AS table_page
  FROM finding AS f
  WHERE (@rule IS NULL OR f.rule = @rule)
    AND (@severity IS NULL OR f.severity = @severity)
    AND (f.confidence <> 'unknown' OR @show_unknown <> 0)
    AND (f.waiver_id IS NULL OR @show_waived <> 0)
    AND (f.is_known = 0 OR @show_known <> 0)
),
folded AS (
  SELECT
    rule,
    severity,
    tag,
    pc,
    how_id,
    comm,
    table_page,
    count(*) AS findings,
    sum(count) AS stores,
    min(line) AS first_line,
    max(line) AS last_line,
    min(id) AS first_id
  FROM sited
  GROUP BY rule, severity, tag, pc, how_id, comm, table_page
)
SELECT
  g.rule,
  g.severity,
  g.tag,
  iif(g.pc IS NOT NULL,
    ifnull((SELECT text FROM _pc WHERE pc = g.pc), printf('0x%016x', g.pc)),
    trim(ifnull((SELECT text FROM name WHERE id = g.how_id), '') || ' ' || g.comm)) AS site,
  g.comm,
  printf('0x%016x', g.table_page) AS table_page,
  g.findings,
  g.stores,
  g.first_line,
  g.last_line,
  g.first_id,
  f.summary
FROM folded AS g
JOIN finding AS f ON f.id = g.first_id
ORDER BY g.first_line, g.first_id;

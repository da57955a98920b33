-- title: Findings of the baseline that are gone
-- summary: What the baseline has and this trace does not: no finding of the same rule, site, level
-- summary: and difference. Empty without a baseline. Lines are those of the baseline's trace.
-- column: rule id of the rule
-- column: severity error, warning or info
-- column: tag empty, or linux-tolerated
-- column: site program counter, or what did the store and the task's command name
-- column: level lookup level, empty when not known
-- column: difference what differs between the old and the new value
-- column: findings number of findings
-- column: stores stores folded into them
-- column: first_line line of the first
-- column: summary the first one in one sentence
SELECT
  b.rule,
  b.severity,
  b.tag,
  b.site,
  b.level,
  b.difference,
  b.findings,
  b.stores,
  b.first_line,
  b.summary
FROM baseline_finding AS b
WHERE b.is_gone = 1
ORDER BY b.id;

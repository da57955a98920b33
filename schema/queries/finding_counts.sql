-- title: Findings by severity, confidence and rule
-- summary: How many findings there are of each kind, those of unknown confidence included.
-- column: severity error, warning or info
-- column: rule id of the rule
-- column: title title of the rule
-- column: tag empty, or linux-tolerated
-- column: confidence certain, likely, possible or unknown
-- column: review waived, known to the baseline, or empty
-- column: findings number of findings
-- column: stores stores folded into them
-- column: first_line line of the first
WITH reviewed AS (
  SELECT
    *,
    CASE WHEN waiver_id IS NOT NULL THEN 'waived' WHEN is_known = 1 THEN 'known' ELSE '' END
      AS review
  FROM finding
)
SELECT
  f.severity,
  f.rule,
  r.title,
  f.tag,
  f.confidence,
  f.review,
  count(*) AS findings,
  sum(f.count) AS stores,
  min(f.line) AS first_line
FROM reviewed AS f
LEFT JOIN rule AS r ON r.id = f.rule
GROUP BY f.severity, f.rule, r.title, f.tag, f.confidence, f.review
ORDER BY CASE f.severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, findings DESC,
  f.rule, f.tag, f.confidence, f.review;

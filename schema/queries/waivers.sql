-- title: Waivers, and how many findings each accepts
-- summary: One row for each waiver of the file. One that is expired accepts nothing; one that is
-- summary: unused fits no finding and can go.
-- column: id 1, 2, ... in the order of the file
-- column: line line of the file
-- column: state used, expired or unused
-- column: findings findings that it accepts
-- column: matched findings that it fits, those that an earlier waiver accepts included
-- column: rule pattern for the id of the rule
-- column: pc program counters of the stores, first..last, empty for any
-- column: symbol pattern for what did the stores, empty for any
-- column: task pattern for the command name, empty for any
-- column: va input addresses, first..last, empty for any
-- column: pa physical addresses of the descriptors, first..last, empty for any
-- column: expires last day on which it applies, empty for ever
-- column: reason why the findings are accepted
WITH accepted AS MATERIALIZED (
  SELECT waiver_id, count(*) AS findings
  FROM finding
  WHERE waiver_id IS NOT NULL
  GROUP BY waiver_id
)
SELECT
  v.id,
  v.line,
  CASE WHEN v.is_expired THEN 'expired' WHEN v.matched = 0 THEN 'unused' ELSE 'used' END AS state,
  ifnull(a.findings, 0) AS findings,
  v.matched,
  v.rule,
  iif(v.pc_first IS NULL, NULL, printf('0x%016x..0x%016x', v.pc_first, v.pc_last)) AS pc,
  v.symbol,
  v.task,
  iif(v.va_first IS NULL, NULL, printf('0x%016x..0x%016x', v.va_first, v.va_last)) AS va,
  iif(v.pa_first IS NULL, NULL, printf('0x%016x..0x%016x', v.pa_first, v.pa_last)) AS pa,
  v.expires,
  v.reason
FROM waiver AS v
LEFT JOIN accepted AS a ON a.waiver_id = v.id
ORDER BY v.id;

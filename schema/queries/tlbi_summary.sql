-- title: TLBIs by operation, and what they did
-- summary: A TLBI that covered nothing is either redundant or aimed at something this trace does
-- summary: not show; one that could not cover anything is encoded so that no entry matches.
-- column: operation mnemonic, lower case
-- column: count TLBIs
-- column: covered of those, TLBIs that covered at least one stale value
-- column: records stale values covered
-- column: ineffective TLBIs that could not cover anything as encoded
-- column: sites program counters they came from
-- column: first_line line of the first
WITH operation_count AS (
  SELECT
    op_id,
    sum(count) AS count,
    sum(covered) AS covered,
    sum(records) AS records,
    sum(ineffective) AS ineffective,
    count(*) AS sites,
    min(first_seq) AS first_seq
  FROM tlbi_site
  GROUP BY op_id
)
SELECT
  n.text AS operation,
  c.count,
  c.covered,
  c.records,
  c.ineffective,
  c.sites,
  (SELECT line FROM tlbi WHERE seq = c.first_seq) AS first_line
FROM operation_count AS c
JOIN name AS n ON n.id = c.op_id
ORDER BY c.count DESC, operation;

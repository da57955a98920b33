-- title: TLBIs by site, and what they did
-- summary: As tlbi_summary, by the place in the code.
-- param: operation text NULL only this operation, such as vale1is
-- column: site function and offset or program counter, empty when the trace does not tell
-- column: operation mnemonic, lower case
-- column: count TLBIs
-- column: covered of those, TLBIs that covered at least one stale value
-- column: records stale values covered
-- column: ineffective TLBIs that could not cover anything as encoded
-- column: first_line line of the first
SELECT
  iif(s.pc = 0, NULL,
    ifnull((SELECT text FROM _pc WHERE pc = s.pc), printf('0x%016x', s.pc))) AS site,
  n.text AS operation,
  s.count,
  s.covered,
  s.records,
  s.ineffective,
  (SELECT line FROM tlbi WHERE seq = s.first_seq) AS first_line
FROM tlbi_site AS s
JOIN name AS n ON n.id = s.op_id
WHERE @operation IS NULL
  OR n.text = @operation
ORDER BY s.count DESC, operation, s.pc;

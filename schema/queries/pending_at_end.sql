-- title: Overwritten values that a TLB may still hold when the trace ends
-- summary: Values that no TLBI and DSB completed within this trace, by table. Not a fault: the
-- summary: maintenance may come after the end.
-- param: class class NULL only this transition class
-- column: table_page physical address of the 4 KiB page that holds the descriptors
-- column: root physical address of the root of the tree, empty when not known
-- column: level lookup level
-- column: class transition class of the change
-- column: records number of values
-- column: with_tlbi of those, values covered by a TLBI that no DSB completed
-- column: first_va lowest input address, empty when not known
-- column: last_va highest input address, empty when not known
-- column: first_line line of the first break
-- column: last_line line of the last break
WITH pending AS (
  SELECT
    pa & -4096 AS table_page,
    space_id,
    level,
    class,
    count(*) AS records,
    count(tlbi_seq) AS with_tlbi,
    min(va) AS first_va,
    max(va) AS last_va,
    min(break_seq) AS first_seq,
    max(break_seq) AS last_seq
  FROM stale_record
  WHERE complete_seq IS NULL
    AND (@class IS NULL OR class = @class)
  GROUP BY pa & -4096, space_id, level, class
)
SELECT
  printf('0x%016x', p.table_page) AS table_page,
  iif(a.root_pa IS NULL, NULL, printf('0x%016x', a.root_pa)) AS root,
  p.level,
  p.class,
  p.records,
  p.with_tlbi,
  iif(p.first_va IS NULL, NULL, printf('0x%016x', p.first_va)) AS first_va,
  iif(p.last_va IS NULL, NULL, printf('0x%016x', p.last_va)) AS last_va,
  (SELECT line FROM event WHERE seq = p.first_seq) AS first_line,
  (SELECT line FROM event WHERE seq = p.last_seq) AS last_line
FROM pending AS p
LEFT JOIN address_space AS a ON a.id = p.space_id
ORDER BY p.first_seq, p.table_page, p.class, p.space_id;

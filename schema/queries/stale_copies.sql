-- title: Trees of tables replaced by a copy
-- summary: Every replacement of one root by another under the same register whose new tree
-- summary: holds copies of tables of the old one, and what the copies missed.
-- column: line line of the first load of the new root
-- column: done_line line after which no CPU used the old root, empty when not in this trace
-- column: ttbr 0 or 1
-- column: old_root physical address of the old root
-- column: new_root physical address of the new root
-- column: tables_copied tables of the new tree that mirror one of the old
-- column: tables_shared tables that both trees use
-- column: entries_compared entries compared between the two
-- column: lost_updates entries of the old tree stored after they were copied, and different
-- column: late_writes stores to the old tree after the first CPU swapped, not repeated in the new
-- column: findings findings of table-copy-stale while the replacement was under way
WITH stale_copy_finding AS (
  SELECT seq
  FROM finding
  WHERE rule = 'table-copy-stale'
)
SELECT
  (SELECT line FROM event WHERE seq = x.seq) AS line,
  (SELECT line FROM event WHERE seq = x.done_seq) AS done_line,
  x.half AS ttbr,
  iif(o.root_pa IS NULL, NULL, printf('0x%016x', o.root_pa)) AS old_root,
  iif(n.root_pa IS NULL, NULL, printf('0x%016x', n.root_pa)) AS new_root,
  x.tables_copied,
  x.tables_shared,
  x.entries_compared,
  x.lost_updates,
  x.late_writes,
  (SELECT count(*) FROM stale_copy_finding
    WHERE seq BETWEEN x.seq AND ifnull(x.done_seq, seq)) AS findings
FROM root_swap AS x
LEFT JOIN address_space AS o ON o.id = x.old_space_id
LEFT JOIN address_space AS n ON n.id = x.new_space_id
WHERE x.tables_copied > 0
ORDER BY x.seq, x.id;

-- title: Events by kind
-- summary: How many events of each kind the trace holds, the two kinds of page frames included.
-- summary: Kinds that do not occur have none.
-- column: kind kind of the event
-- column: count how many
-- column: cpus number of CPUs they came from
WITH known (kind) AS (
  VALUES
    ('pgtable_write'), ('pgtable_table'), ('pgtable_entry'), ('pgtable_hw_update'),
    ('pgtable_final'), ('pgtable_free'), ('pgtable_orphan'), ('pgtable_meta'), ('pgtable_lock'),
    ('pgtable_hint'), ('tlbi'), ('barrier'), ('sysreg_write'), ('tlb_fill'), ('tlb_evict'),
    ('mm_page_alloc'), ('mm_page_free'), ('sched_switch'), ('marker'), ('lost_events')
)
SELECT
  a.kind,
  ifnull(sum(c.count), 0) AS count,
  count(c.cpu) AS cpus
FROM known AS a
LEFT JOIN event_count AS c ON c.kind = a.kind
GROUP BY a.kind
ORDER BY count DESC, a.kind;

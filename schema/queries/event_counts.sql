-- title: Events by kind
-- summary: How many events of each kind the trace holds, the two kinds of page frames included.
-- column: kind kind of the event
-- column: count how many
-- column: cpus number of CPUs they came from
SELECT 'pgtable_write' AS kind, count(*) AS count, count(DISTINCT cpu) AS cpus FROM pgtable_write
UNION ALL
SELECT 'tlbi', count(*), count(DISTINCT cpu) FROM tlbi
UNION ALL
SELECT 'barrier', count(*), count(DISTINCT cpu) FROM barrier
UNION ALL
SELECT 'sysreg_write', count(*), count(DISTINCT cpu) FROM sysreg_write
UNION ALL
SELECT 'pgtable_table', count(*), count(DISTINCT cpu) FROM table_known
UNION ALL
SELECT CASE source
    WHEN 1 THEN 'pgtable_hw_update' WHEN 2 THEN 'pgtable_final' ELSE 'pgtable_entry' END AS kind,
  count(*), count(DISTINCT cpu)
FROM descriptor_known
GROUP BY 1
UNION ALL
SELECT iif(is_free, 'pgtable_free', 'pgtable_orphan'), count(*), count(DISTINCT cpu)
FROM table_gone
GROUP BY is_free
UNION ALL
SELECT 'pgtable_meta', count(*), count(DISTINCT cpu) FROM machine_fact
UNION ALL
SELECT iif(is_free, 'mm_page_free', 'mm_page_alloc'), count(*), count(DISTINCT cpu)
FROM page_allocation
GROUP BY is_free
UNION ALL
SELECT 'sched_switch', count(*), count(DISTINCT cpu) FROM context_switch
UNION ALL
SELECT 'pgtable_lock', count(*), count(DISTINCT cpu) FROM lock_operation
UNION ALL
SELECT 'pgtable_hint', count(*), count(DISTINCT cpu) FROM lock_hint
UNION ALL
SELECT iif(is_eviction, 'tlb_evict', 'tlb_fill'), count(*), count(DISTINCT cpu)
FROM tlb_entry
GROUP BY is_eviction
UNION ALL
SELECT 'marker', count(*), count(DISTINCT cpu) FROM marker
UNION ALL
SELECT 'lost_events', count(*), count(DISTINCT cpu) FROM lost_events
ORDER BY count DESC, kind;

-- Every event in one list, its text in pieces: before, the name of name_id, between, the name of second_id, after.
-- One table and no sub-query in each arm: only then does SQLite take a look-up by seq to the primary keys.
CREATE VIEW _event_part AS
SELECT seq, line, time_ns, cpu, task_id, 'pgtable_write' AS kind,
  printf('level=%s pa=0x%x old=%s new=0x%x', ifnull(level, '?'), pa, ifnull(printf('0x%x', old), '?'), new)
    || iif(how_id = 0, '', ' how=') AS before,
  +how_id AS name_id, '' AS between_names, 0 AS second_id, iif(pc IS NULL, '', printf(' pc=0x%x', pc)) AS after, +pc AS pc
FROM pgtable_write
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, 'tlbi',
  'op=', +op_id, printf(' arg=0x%x', operand), 0, iif(pc IS NULL, '', printf(' pc=0x%x', pc)), +pc
FROM tlbi
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, 'barrier', '', +kind_id, '', 0, iif(pc IS NULL, '', printf(' pc=0x%x', pc)), +pc
FROM barrier
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, 'sysreg_write',
  'reg=', +register_id, printf(' val=0x%x', value), 0, iif(pc IS NULL, '', printf(' pc=0x%x', pc)), +pc
FROM sysreg_write
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, 'pgtable_table',
  printf('base=0x%x level=%d', base, level), 0,
  iif(root IS NULL, '', printf(' root=%d', root)), 0,
  iif(parent_pa IS NULL, '', printf(' parent=0x%x', parent_pa)) || iif(is_from_image, ' (image)', ''), NULL
FROM table_known
UNION ALL
SELECT seq, line, time_ns, cpu, task_id,
  CASE source WHEN 1 THEN 'pgtable_hw_update' WHEN 2 THEN 'pgtable_final' ELSE 'pgtable_entry' END,
  printf('level=%s pa=0x%x val=0x%x', ifnull(level, '?'), pa, value) || iif(source = 3, ' (image)', ''), 0, '', 0, '', NULL
FROM descriptor_known
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, iif(is_free, 'pgtable_free', 'pgtable_orphan'),
  printf('base=0x%x', base) || iif(why_id = 0, '', ' why='), +why_id, '', 0, '', NULL
FROM table_gone
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, 'pgtable_meta', '', +key_id, '=', +value_id, '', NULL
FROM machine_fact
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, iif(is_free, 'mm_page_free', 'mm_page_alloc'),
  printf('pfn=0x%x order=%d', frame_number, page_order), 0, '', 0, '', NULL
FROM page_allocation
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, 'sched_switch',
  printf('prev_pid=%d next_pid=%d', previous_pid, next_pid), 0, '', 0, '', NULL
FROM context_switch
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, 'pgtable_lock',
  printf('ev=%s addr=0x%x', CASE action WHEN 0 THEN 'lock' WHEN 1 THEN 'trylock' ELSE 'unlock' END, address), 0, '', 0, '', NULL
FROM lock_operation
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, 'pgtable_hint',
  printf(
    'kind=%s location=0x%x value=0x%x',
    CASE hint WHEN 0 THEN 'set_root_lock' WHEN 1 THEN 'set_owner_root' ELSE 'set_pte_thread_owner' END, location, value),
  0, '', 0, '', NULL
FROM lock_hint
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, 'marker', '', +text_id, '', 0, '', NULL
FROM marker
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, iif(is_eviction, 'tlb_evict', 'tlb_fill'),
  printf('va=0x%x size=0x%x', va, size_bytes) || iif(pa IS NULL, '', printf(' pa=0x%x', pa)), 0,
  printf(' el=%d', exception_level) || iif(vmid IS NULL, '', printf(' vmid=0x%x', vmid)), 0,
  iif(asid IS NULL, '', printf(' asid=0x%x', asid)) || iif(is_walk_cache, ' walk=1', ''), NULL
FROM tlb_entry
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, 'lost_events',
  printf('CPU:%d [LOST %s EVENTS]', cpu, ifnull(count, '?')), 0, '', 0, '', NULL
FROM lost_events;

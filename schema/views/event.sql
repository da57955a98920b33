-- Every event in one list: seq, line, time_ns, cpu, task, kind and a text that reads like the trace.
CREATE VIEW event AS
SELECT seq, line, time_ns, cpu, task_id, 'pgtable_write' AS kind,
  printf('level=%s pa=0x%x old=%s new=0x%x', ifnull(level, '?'), pa, ifnull(printf('0x%x', old), '?'), new)
    || CASE WHEN how_id = 0 THEN '' ELSE ' how=' || (SELECT text FROM name WHERE id = how_id) END
    || CASE WHEN pc IS NULL THEN '' ELSE printf(' pc=0x%x', pc) END AS text
FROM pgtable_write
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, 'tlbi',
  'op=' || (SELECT text FROM name WHERE id = op_id) || printf(' arg=0x%x', operand)
    || CASE WHEN pc IS NULL THEN '' ELSE printf(' pc=0x%x', pc) END
FROM tlbi
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, 'barrier',
  (SELECT text FROM name WHERE id = kind_id) || CASE WHEN pc IS NULL THEN '' ELSE printf(' pc=0x%x', pc) END
FROM barrier
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, 'sysreg_write',
  'reg=' || (SELECT text FROM name WHERE id = register_id) || printf(' val=0x%x', value)
    || CASE WHEN pc IS NULL THEN '' ELSE printf(' pc=0x%x', pc) END
FROM sysreg_write
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, 'pgtable_table',
  printf('base=0x%x level=%d', base, level)
    || CASE WHEN root IS NULL THEN '' ELSE printf(' root=%d', root) END
    || CASE WHEN parent_pa IS NULL THEN '' ELSE printf(' parent=0x%x', parent_pa) END
FROM table_known
UNION ALL
SELECT seq, line, time_ns, cpu, task_id,
  CASE source WHEN 0 THEN 'pgtable_entry' WHEN 1 THEN 'pgtable_hw_update' ELSE 'pgtable_final' END,
  printf('level=%s pa=0x%x val=0x%x', ifnull(level, '?'), pa, value)
FROM descriptor_known
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, CASE is_free WHEN 1 THEN 'pgtable_free' ELSE 'pgtable_orphan' END,
  printf('base=0x%x', base) || CASE WHEN why_id = 0 THEN '' ELSE ' why=' || (SELECT text FROM name WHERE id = why_id) END
FROM table_gone
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, 'pgtable_meta',
  (SELECT text FROM name WHERE id = key_id) || '=' || (SELECT text FROM name WHERE id = value_id)
FROM machine_fact
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, CASE is_free WHEN 1 THEN 'mm_page_free' ELSE 'mm_page_alloc' END,
  printf('pfn=0x%x order=%d', frame_number, page_order)
FROM page_allocation
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, 'sched_switch', printf('prev_pid=%d next_pid=%d', previous_pid, next_pid)
FROM context_switch
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, 'marker', (SELECT text FROM name WHERE id = text_id)
FROM marker
UNION ALL
SELECT seq, line, time_ns, cpu, task_id, 'lost_events', printf('CPU:%d [LOST %s EVENTS]', cpu, ifnull(count, '?'))
FROM lost_events;

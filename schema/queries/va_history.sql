-- title: Everything that happened to the translation of one address
-- summary: For every table that translated the address, at each level and while it did: stores
-- summary: to the entry, values told by other events, and the maintenance that completed
-- summary: overwritten values; and the findings of those entries.
-- param: va address required the input address
-- param: asid integer NULL only address spaces that were loaded under this ASID
-- column: seq sequence number of the event
-- column: line line in the trace
-- column: cpu logical CPU
-- column: time seconds, or ticks of a counter clock
-- column: task command name and thread id
-- column: root physical address of the root of the tree, empty when not known
-- column: level lookup level of the entry
-- column: pa physical address of the entry
-- column: event store, initial, hardware, final, complete or finding
-- column: old value before, empty when not known
-- column: new value after
-- column: detail who did the store, what was completed, or the finding
WITH sized AS (
  SELECT
    u.*,
    a.root_pa,
    CASE coalesce(a.granule_bytes, (SELECT granule_bytes FROM replay), 4096)
      WHEN 4096 THEN 12 WHEN 16384 THEN 14 ELSE 16
    END AS page_shift
  FROM table_use AS u
  LEFT JOIN address_space AS a ON a.id = u.space_id
  WHERE u.va_base IS NOT NULL
    AND (@asid IS NULL OR u.space_id IN (SELECT space_id FROM root_load WHERE asid = @asid))
),
-- An entry of level L translates 2^((page_shift - 3) * (4 - L) + 3) bytes.
indexed AS (
  SELECT *, (@va - va_base) >> ((page_shift - 3) * (4 - level) + 3) AS entry_index
  FROM sized
),
entry_use AS (
  SELECT DISTINCT root_pa, level, base + entry_index * 8 AS pa, from_seq, to_seq
  FROM indexed
  WHERE entry_index >= 0
    AND entry_index < entries
),
happening (seq, line, cpu, time_ns, task_id, place, root_pa, level, pa, event, old, new,
  detail) AS (
  SELECT w.seq, w.line, w.cpu, w.time_ns, w.task_id, 1, u.root_pa, u.level, u.pa, 'store',
    w.old, w.new,
    trim(ifnull((SELECT text FROM name WHERE id = w.how_id), '')
      || iif(w.pc IS NULL, '', printf(' pc=0x%016x', w.pc)))
  FROM entry_use AS u
  CROSS JOIN pgtable_write AS w ON w.pa = u.pa
    AND w.seq >= u.from_seq
    AND w.seq <= ifnull(u.to_seq, w.seq)
  UNION ALL
  SELECT k.seq, k.line, k.cpu, k.time_ns, k.task_id, 1, u.root_pa, u.level, u.pa,
    CASE k.source WHEN 0 THEN 'initial' WHEN 1 THEN 'hardware' ELSE 'final' END,
    k.old, k.value, ''
  FROM entry_use AS u
  CROSS JOIN descriptor_known AS k ON k.pa = u.pa
    AND k.seq >= u.from_seq
    AND k.seq <= ifnull(u.to_seq, k.seq)
  UNION ALL
  SELECT r.complete_seq,
    (SELECT line FROM event WHERE seq = r.complete_seq),
    (SELECT cpu FROM event WHERE seq = r.complete_seq),
    (SELECT time_ns FROM event WHERE seq = r.complete_seq),
    (SELECT task_id FROM event WHERE seq = r.complete_seq),
    2, u.root_pa, u.level, u.pa, 'complete', r.old, NULL,
    'no TLB holds the value removed at line '
      || (SELECT line FROM event WHERE seq = r.break_seq) || ' any more'
      || iif(r.tlbi_seq IS NULL, '',
        '; TLBI at line ' || (SELECT line FROM tlbi WHERE seq = r.tlbi_seq))
  FROM entry_use AS u
  CROSS JOIN stale_record AS r ON r.pa = u.pa
    AND r.break_seq >= u.from_seq
    AND r.break_seq <= ifnull(u.to_seq, r.break_seq)
  WHERE r.complete_seq IS NOT NULL
  UNION ALL
  SELECT f.seq, f.line, f.cpu, f.time_ns, f.task_id, 3, u.root_pa, u.level, u.pa, 'finding',
    f.old, f.new, f.rule || ': ' || f.summary
  FROM entry_use AS u
  JOIN finding AS f ON f.pa = u.pa
    AND f.seq >= u.from_seq
    AND f.seq <= ifnull(u.to_seq, f.seq)
)
SELECT
  p.seq,
  p.line,
  p.cpu,
  iif((SELECT is_counter FROM _clock), p.time_ns,
    printf('%d.%09d', p.time_ns / 1000000000, p.time_ns % 1000000000)) AS time,
  (SELECT text FROM _task WHERE id = p.task_id) AS task,
  iif(p.root_pa IS NULL, NULL, printf('0x%016x', p.root_pa)) AS root,
  p.level,
  printf('0x%016x', p.pa) AS pa,
  p.event,
  iif(p.old IS NULL, NULL, printf('0x%016x', p.old)) AS old,
  iif(p.new IS NULL, NULL, printf('0x%016x', p.new)) AS new,
  p.detail
FROM happening AS p
ORDER BY p.seq, p.place, p.level, p.pa, p.root_pa, p.event, p.old, p.detail;

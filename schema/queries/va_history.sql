-- title: Everything that happened to the translation of one address
-- summary: For every table that translated the address, at each level and while it did: stores
-- summary: to the entry, values told by other events, and the maintenance that completed
-- summary: overwritten values; the findings of those entries; and the TLBIs that name the address,
-- summary: cover a value of those entries, or are named by a finding, with what they did.
-- param: va address required the input address
-- param: asid integer NULL only address spaces and TLBIs of this ASID
-- column: seq sequence number of the event
-- column: line line in the trace
-- column: cpu logical CPU
-- column: time seconds, or ticks of a counter clock
-- column: task command name and thread id
-- column: root physical address of the root, the lowest one where trees share the table
-- column: roots number of roots whose trees share the table, 0 when none is known
-- column: level lookup level of the entry, empty for a TLBI
-- column: pa physical address of the entry, empty for a TLBI
-- column: event store, initial, hardware, final, tlbi, complete or finding
-- column: old value before, empty when not known
-- column: new value after
-- column: detail who did the store, what the TLBI did, what was completed, or the finding
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
entry_use AS MATERIALIZED (
  SELECT DISTINCT root_pa, level, base + entry_index * 8 AS pa, from_seq, to_seq
  FROM indexed
  WHERE entry_index >= 0
    AND entry_index < entries
),
-- Trees that share a table give one row an event, not one a tree.
entry AS MATERIALIZED (
  SELECT DISTINCT level, pa
  FROM entry_use
),
record AS MATERIALIZED (
  SELECT n.level, n.pa, r.id, r.break_seq, r.tlbi_seq, r.complete_seq, r.old,
    r.break_line, r.complete_line
  FROM entry AS n
  CROSS JOIN page_stale_record AS r ON r.page = n.pa >> 12
    AND r.entries >> (n.pa >> 6 & 63) & 1
    AND r.pa = n.pa
  WHERE EXISTS (SELECT 1 FROM entry_use AS u
    WHERE u.pa = n.pa
      AND u.level = n.level
      AND u.from_seq <= r.break_seq
      AND ifnull(u.to_seq, r.break_seq) >= r.break_seq)
),
completion AS MATERIALIZED (
  SELECT r.*, r.complete_line AS line,
    ifnull(b.cpu, (SELECT cpu FROM event WHERE seq = r.complete_seq)) AS cpu,
    ifnull(b.time_ns, (SELECT time_ns FROM event WHERE seq = r.complete_seq)) AS time_ns,
    ifnull(b.task_id, (SELECT task_id FROM event WHERE seq = r.complete_seq)) AS task_id
  FROM record AS r
  LEFT JOIN barrier AS b ON b.seq = r.complete_seq
  WHERE r.complete_seq IS NOT NULL
),
doubt AS MATERIALIZED (
  SELECT DISTINCT f.tlbi_seq, f.tlbi_why, f.stale_line
  FROM entry_use AS u
  JOIN finding AS f ON f.pa = u.pa
    AND f.seq >= u.from_seq
    AND f.seq <= ifnull(u.to_seq, f.seq)
  WHERE f.tlbi_seq IS NOT NULL
    AND f.tlbi_why <> ''
),
-- TLBIs have no index by address: all are looked at.
tlbi_seen AS MATERIALIZED (
  SELECT *
  FROM _tlbi_operand
  WHERE (va_first <= @va AND va_last >= @va AND (@asid IS NULL OR asid IS NULL OR asid = @asid))
    OR seq IN (SELECT tlbi_seq FROM record)
    OR seq IN (SELECT tlbi_seq FROM doubt)
),
-- Empty where the ASIDs are not known or do not matter; NULL among them makes NOT IN unknown.
loaded_asid AS MATERIALIZED (
  SELECT DISTINCT l.asid
  FROM indexed AS u
  JOIN root_load AS l ON l.space_id = u.space_id
  WHERE u.entry_index >= 0
    AND u.entry_index < u.entries
),
-- Values that were overwritten and not completed at each TLBI: breaks so far less completions.
step (seq, change, break_line, is_tlbi) AS (
  SELECT break_seq, 1, break_line, 0 FROM record
  UNION ALL
  SELECT complete_seq, -1, NULL, 0 FROM record WHERE complete_seq IS NOT NULL
  UNION ALL
  SELECT seq, 0, NULL, 1 FROM tlbi_seen
),
waiting AS MATERIALIZED (
  SELECT seq, waiting, last_break
  FROM (
    SELECT seq, is_tlbi,
      sum(change) OVER earlier AS waiting,
      max(break_line) OVER earlier AS last_break
    FROM step
    WINDOW earlier AS (ORDER BY seq)
  )
  WHERE is_tlbi
),
covered AS MATERIALIZED (
  SELECT
    r.tlbi_seq,
    count(*) AS values_covered,
    min(r.break_line) AS break_line,
    min(c.line) AS complete_line
  FROM record AS r
  LEFT JOIN completion AS c ON c.id = r.id
  WHERE r.tlbi_seq IS NOT NULL
  GROUP BY r.tlbi_seq
),
reason AS MATERIALIZED (
  SELECT
    tlbi_seq,
    group_concat('finding on the value removed at line ' || stale_line || ': ' || tlbi_why, '; ')
      AS text
  FROM (SELECT * FROM doubt ORDER BY tlbi_seq, stale_line, tlbi_why)
  GROUP BY tlbi_seq
),
tlbi_done AS (
  SELECT
    t.*,
    t.operation
      || iif(t.asid IS NULL, '', ' ASID ' || t.asid)
      || iif(t.is_last_level, ', last level', '')
      || iif(t.is_broadcast, '', ', this CPU only')
      || iif(t.va_last - t.va_first >= 65536,
        printf(', 0x%016x..0x%016x', t.va_first, t.va_last), '')
      || ': '
      || CASE
        WHEN c.values_covered IS NOT NULL THEN
          'covers '
          || iif(c.values_covered = 1, 'the value', c.values_covered || ' values, the first')
          || ' removed at line ' || c.break_line
          || ifnull(', completed at line ' || c.complete_line, ', never completed in this trace')
          || ifnull('; ' || x.text, '')
        WHEN x.text IS NOT NULL THEN x.text
        WHEN t.asid NOT IN (SELECT asid FROM loaded_asid)
          THEN 'no tree that translates this address was loaded under this ASID'
        WHEN w.waiting > 0 THEN
          'not what completed any of the overwritten values that were waiting, ' || w.waiting
          || ' of them, the last break before it at line ' || w.last_break
        ELSE 'no overwritten value of this address was waiting for it'
      END AS detail
  FROM tlbi_seen AS t
  LEFT JOIN covered AS c ON c.tlbi_seq = t.seq
  LEFT JOIN reason AS x ON x.tlbi_seq = t.seq
  LEFT JOIN waiting AS w ON w.seq = t.seq
),
-- told_seq is the moment at which the table must have translated the address.
listed AS (
  SELECT w.seq, 1 AS place, w.seq AS told_seq, 0 AS id, w.line, w.cpu, w.time_ns, w.task_id,
    n.level, n.pa, 'store' AS event, w.old, w.new, d.detail
  FROM entry AS n
  CROSS JOIN page_store AS w ON w.page = n.pa >> 12
    AND w.entries >> (n.pa >> 6 & 63) & 1
    AND w.pa = n.pa
  CROSS JOIN _store AS d ON d.seq = w.seq
  UNION ALL
  SELECT k.seq, 1, k.seq, 0, k.line, k.cpu, k.time_ns, k.task_id, n.level, n.pa,
    CASE k.source WHEN 1 THEN 'hardware' WHEN 2 THEN 'final' ELSE 'initial' END,
    k.old, k.value, ''
  FROM entry AS n
  CROSS JOIN page_known AS k ON k.page = n.pa >> 12
    AND k.entries >> (n.pa >> 6 & 63) & 1
    AND k.pa = n.pa
  UNION ALL
  SELECT seq, 2, NULL, 0, line, cpu, time_ns, task_id, NULL, NULL, 'tlbi', NULL, NULL, detail
  FROM tlbi_done
  UNION ALL
  SELECT complete_seq, 3, break_seq, id, line, cpu, time_ns, task_id, level, pa, 'complete', old,
    NULL,
    'no TLB holds the value removed at line ' || break_line || ' any more'
      || iif(tlbi_seq IS NULL, '',
        '; TLBI at line ' || (SELECT line FROM tlbi WHERE seq = tlbi_seq))
  FROM completion
  UNION ALL
  SELECT f.seq, 4, f.seq, f.id, f.line, f.cpu, f.time_ns, f.task_id, n.level, n.pa, 'finding',
    f.old, f.new, f.rule || ': ' || f.summary
  FROM entry AS n
  JOIN finding AS f ON f.pa = n.pa
),
rooted AS (
  SELECT p.*,
    (SELECT count(*) FROM entry_use
      WHERE pa = p.pa
        AND level = p.level
        AND from_seq <= p.told_seq
        AND ifnull(to_seq, p.told_seq) >= p.told_seq) AS uses,
    (SELECT min(root_pa) FROM entry_use
      WHERE pa = p.pa
        AND level = p.level
        AND from_seq <= p.told_seq
        AND ifnull(to_seq, p.told_seq) >= p.told_seq) AS root_pa,
    (SELECT count(DISTINCT root_pa) FROM entry_use
      WHERE pa = p.pa
        AND level = p.level
        AND from_seq <= p.told_seq
        AND ifnull(to_seq, p.told_seq) >= p.told_seq) AS roots
  FROM listed AS p
)
SELECT
  p.seq,
  p.line,
  p.cpu,
  iif((SELECT is_counter FROM _clock), p.time_ns,
    printf('%d.%09d', p.time_ns / 1000000000, p.time_ns % 1000000000)) AS time,
  (SELECT text FROM _task WHERE id = p.task_id) AS task,
  iif(p.root_pa IS NULL, NULL, printf('0x%016x', p.root_pa)) AS root,
  iif(p.event = 'tlbi', NULL, p.roots) AS roots,
  p.level,
  iif(p.pa IS NULL, NULL, printf('0x%016x', p.pa)) AS pa,
  p.event,
  iif(p.old IS NULL, NULL, printf('0x%016x', p.old)) AS old,
  iif(p.new IS NULL, NULL, printf('0x%016x', p.new)) AS new,
  p.detail
FROM rooted AS p
WHERE p.event = 'tlbi'
  OR p.uses > 0
ORDER BY p.seq, p.place, p.level, p.pa, p.id;

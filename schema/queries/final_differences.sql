-- title: Values of the trace's final state that the replay has otherwise
-- summary: Descriptors whose value at the end, as pgtable_final tells it, is not what the stores
-- summary: and other events before it left there. Empty when info says that 0 differ; otherwise
-- summary: the trace is not complete and the findings are not to be trusted.
-- column: pa physical address of the descriptor
-- column: level lookup level, empty when not told
-- column: recorded value that pgtable_final tells
-- column: replayed value left by the events before it
-- column: differing_bits bits in which the two differ
-- column: final_line line of pgtable_final
-- column: event what left the replayed value: store, initial, hardware, or zero for a new table
-- column: line line of that event
-- column: store_line line of the last store, empty when there is none
-- column: task command name and thread id of the last store
-- column: site program counter of it, or what did it and the task's command name
WITH
-- The count of replay spares the comparison where nothing differs.
final AS MATERIALIZED (
  SELECT k.seq, k.line, k.pa, k.level, k.value
  FROM replay AS r
  CROSS JOIN descriptor_known AS k
  WHERE r.final_differing > 0
    AND k.source = 2
),
-- All final values at once: one pass over the stores, and one over what was told.
told_before AS (
  SELECT pa, seq, seq AS store_seq, NULL AS known_seq
  FROM replay AS r
  CROSS JOIN pgtable_write
  WHERE r.final_differing > 0
    AND pa IN (SELECT pa FROM final)
  UNION ALL
  SELECT pa, seq, NULL, seq
  FROM replay AS r
  CROSS JOIN descriptor_known
  WHERE r.final_differing > 0
    AND source <> 2
    AND pa IN (SELECT pa FROM final)
  UNION ALL
  SELECT pa, seq, NULL, NULL
  FROM final
),
last_told AS MATERIALIZED (
  SELECT f.*, b.store_seq, b.known_seq
  FROM (
    SELECT seq,
      max(store_seq) OVER earlier AS store_seq,
      max(known_seq) OVER earlier AS known_seq
    FROM told_before
    WINDOW earlier AS (PARTITION BY pa ORDER BY seq)
  ) AS b
  CROSS JOIN final AS f ON f.seq = b.seq
),
-- A table that was told has zero where nothing else was; a table takes at most 64 KiB.
told AS MATERIALIZED (
  SELECT
    x.*,
    coalesce(max(store_seq, known_seq), store_seq, known_seq,
      (SELECT max(t.seq) FROM table_known AS t
        WHERE t.base IN (x.pa & -4096, x.pa & -16384, x.pa & -65536)
          AND x.pa < t.base + 8 * ifnull(t.entries, 512)
          AND t.seq < x.seq)) AS told_seq
  FROM last_told AS x
),
replayed AS MATERIALIZED (
  SELECT
    t.*,
    CASE
      WHEN told_seq = store_seq THEN 'store'
      WHEN told_seq = known_seq
        THEN iif((SELECT source = 1 FROM descriptor_known WHERE seq = t.known_seq),
          'hardware', 'initial')
      WHEN told_seq IS NOT NULL THEN 'zero'
    END AS event,
    CASE
      WHEN told_seq = store_seq THEN (SELECT new FROM pgtable_write WHERE seq = t.store_seq)
      WHEN told_seq = known_seq THEN (SELECT value FROM descriptor_known WHERE seq = t.known_seq)
      WHEN told_seq IS NOT NULL THEN 0
    END AS replayed
  FROM told AS t
)
SELECT
  printf('0x%016x', r.pa) AS pa,
  r.level,
  printf('0x%016x', r.value) AS recorded,
  printf('0x%016x', r.replayed) AS replayed,
  printf('0x%016x', (r.value | r.replayed) - (r.value & r.replayed)) AS differing_bits,
  r.line AS final_line,
  r.event,
  (SELECT line FROM event WHERE seq = r.told_seq) AS line,
  s.line AS store_line,
  s.task,
  s.site
FROM replayed AS r
LEFT JOIN _store AS s ON s.seq = r.store_seq
WHERE r.replayed <> r.value
  -- What stood in a page that was given back since is not known, and was not compared.
  AND NOT EXISTS (SELECT 1 FROM table_gone AS g
    WHERE g.is_free
      AND g.base IN (r.pa & -4096, r.pa & -16384, r.pa & -65536)
      AND g.seq > r.told_seq
      AND g.seq < r.seq)
ORDER BY r.pa, r.seq;

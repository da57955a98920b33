-- title: The tables that translate an address at a moment
-- summary: One row per table and level, with the value of the entry: the last one stored or
-- summary: told. A table that was told has zero where nothing else was.
-- param: va address required the input address
-- param: seq integer required sequence number of the moment
-- column: space_id number of the address space, empty when no root of it is known
-- column: level lookup level
-- column: base physical address of the table
-- column: parent_pa descriptor that points to the table, empty for a root
-- column: pa physical address of the entry
-- column: value its value, empty when not known
-- column: value_line line that told the value
-- column: value_seq sequence number of that event
WITH sized AS (
  SELECT
    u.*,
    CASE coalesce(a.granule_bytes, (SELECT granule_bytes FROM replay), 4096)
      WHEN 4096 THEN 12 WHEN 16384 THEN 14 ELSE 16
    END AS page_shift
  FROM table_use AS u
  LEFT JOIN address_space AS a ON a.id = u.space_id
  WHERE u.va_base IS NOT NULL
    AND u.from_seq <= @seq
    AND (u.to_seq IS NULL OR u.to_seq > @seq)
),
-- An entry of level L translates 2^((page_shift - 3) * (4 - L) + 3) bytes.
indexed AS (
  SELECT *, (@va - va_base) >> ((page_shift - 3) * (4 - level) + 3) AS entry_index
  FROM sized
),
entry AS (
  SELECT space_id, level, base, parent_pa, id, base + entry_index * 8 AS pa
  FROM indexed
  WHERE entry_index >= 0
    AND entry_index < entries
),
-- Materialized, for SQLite would look for the store again wherever it is used.
latest AS MATERIALIZED (
  SELECT
    n.*,
    (SELECT w.seq FROM page_store AS w
      WHERE w.page = n.pa >> 12
        AND w.entries >> (n.pa >> 6 & 63) & 1
        AND w.pa = n.pa
        AND w.first_seq <= @seq
        AND w.seq <= @seq
      ORDER BY w.first_seq DESC, w.seq DESC
      LIMIT 1) AS store_seq,
    (SELECT k.seq FROM page_known AS k
      WHERE k.page = n.pa >> 12
        AND k.entries >> (n.pa >> 6 & 63) & 1
        AND k.pa = n.pa
        AND k.first_seq <= @seq
        AND k.seq <= @seq
      ORDER BY k.first_seq DESC, k.seq DESC
      LIMIT 1) AS known_seq
  FROM entry AS n
),
valued AS (
  SELECT
    *,
    (SELECT max(t.seq) FROM table_known AS t
      WHERE t.base = latest.base AND t.seq <= @seq) AS told_seq,
    iif(ifnull(store_seq, 0) >= ifnull(known_seq, 0), store_seq, known_seq) AS value_seq
  FROM latest
)
SELECT
  v.space_id,
  v.level,
  printf('0x%016x', v.base) AS base,
  iif(v.parent_pa IS NULL, NULL, printf('0x%016x', v.parent_pa)) AS parent_pa,
  printf('0x%016x', v.pa) AS pa,
  CASE
    WHEN v.value_seq IS NOT NULL THEN printf('0x%016x', coalesce(
      (SELECT new FROM pgtable_write WHERE seq = v.value_seq),
      (SELECT value FROM descriptor_known WHERE seq = v.value_seq)))
    WHEN v.told_seq IS NOT NULL THEN printf('0x%016x', 0)
  END AS value,
  (SELECT line FROM event WHERE seq = coalesce(v.value_seq, v.told_seq)) AS value_line,
  coalesce(v.value_seq, v.told_seq) AS value_seq
FROM valued AS v
ORDER BY v.space_id, v.level, v.id;

-- title: Kernel ranges changed in other pieces than they were mapped in
-- summary: A run of permission changes, splits or other changes whose start or end lies inside
-- summary: the run that mapped the same addresses (the latest one, not unmapped since): the
-- summary: change cuts a mapping, so that a block or a contiguous group may have to be split
-- summary: under it.
-- param: kind text NULL only changes of this kind: permission, split or other
-- column: change_line first line of the change
-- column: change_last_line last line of the change
-- column: kind permission, split or other
-- column: change_start first input address of the change
-- column: change_end first input address behind it
-- column: stores number of stores of the change
-- column: cut start, end or both: which end of the change lies inside the mapping run
-- column: map_line first line of the mapping run
-- column: map_last_line last line of the mapping run
-- column: map_start first input address of the mapping run
-- column: map_end first input address behind it
-- column: task command name and thread id of the change
WITH change AS (
  SELECT *
  FROM kernel_run
  WHERE kind IN ('permission', 'split', 'other')
    AND (@kind IS NULL OR kind = @kind)
),
-- The latest run that mapped, or unmapped, the first and the last page of the change before it.
boundary AS (
  SELECT
    c.id AS change_id,
    (SELECT m.id FROM kernel_run AS m
      WHERE m.kind IN ('map', 'unmap')
        AND m.va_start <= c.va_start
        AND m.va_end > c.va_start
        AND m.first_seq < c.first_seq
      ORDER BY m.first_seq DESC, m.id DESC LIMIT 1) AS start_id,
    (SELECT m.id FROM kernel_run AS m
      WHERE m.kind IN ('map', 'unmap')
        AND m.va_start < c.va_end
        AND m.va_end >= c.va_end
        AND m.first_seq < c.first_seq
      ORDER BY m.first_seq DESC, m.id DESC LIMIT 1) AS end_id
  FROM change AS c
),
cut_end AS (
  SELECT b.change_id, b.start_id AS map_id, 1 AS at_start, 0 AS at_end
  FROM boundary AS b
  JOIN change AS c ON c.id = b.change_id
  JOIN kernel_run AS m ON m.id = b.start_id
  WHERE m.kind = 'map'
    AND m.va_start < c.va_start
  UNION ALL
  SELECT b.change_id, b.end_id, 0, 1
  FROM boundary AS b
  JOIN change AS c ON c.id = b.change_id
  JOIN kernel_run AS m ON m.id = b.end_id
  WHERE m.kind = 'map'
    AND m.va_end > c.va_end
),
mismatch AS (
  SELECT change_id, map_id, max(at_start) AS at_start, max(at_end) AS at_end
  FROM cut_end
  GROUP BY change_id, map_id
)
SELECT
  (SELECT line FROM event WHERE seq = c.first_seq) AS change_line,
  (SELECT line FROM event WHERE seq = c.last_seq) AS change_last_line,
  c.kind,
  printf('0x%016x', c.va_start) AS change_start,
  printf('0x%016x', c.va_end) AS change_end,
  c.stores,
  iif(x.at_start AND x.at_end, 'both', iif(x.at_start, 'start', 'end')) AS cut,
  (SELECT line FROM event WHERE seq = m.first_seq) AS map_line,
  (SELECT line FROM event WHERE seq = m.last_seq) AS map_last_line,
  printf('0x%016x', m.va_start) AS map_start,
  printf('0x%016x', m.va_end) AS map_end,
  (SELECT text FROM _task WHERE id = c.task_id) AS task
FROM mismatch AS x
JOIN kernel_run AS c ON c.id = x.change_id
JOIN kernel_run AS m ON m.id = x.map_id
ORDER BY c.first_seq, c.id, m.id;

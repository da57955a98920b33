-- title: Kernel ranges changed in other pieces than they were mapped in
-- summary: A run of permission changes, splits or other changes whose start or end lies inside
-- summary: the run that mapped the same addresses (the latest one, not unmapped since): the
-- summary: change cuts a mapping, so that a block or a contiguous group may have to be split
-- summary: under it. A live split or fuse is listed even where its own ends agree: something
-- summary: inside the block or group was to be changed and not all of it.
-- param: kind text NULL only changes of this kind: permission, split or other
-- column: change_line first line of the change
-- column: change_last_line last line of the change
-- column: kind permission, split or other
-- column: change_start first input address of the change
-- column: change_end first input address behind it
-- column: stores number of stores of the change
-- column: cut start, end or both: the ends that lie inside the mapping run; inside if neither
-- column: map_line first line of the mapping run
-- column: map_last_line last line of the mapping run
-- column: map_start first input address of the mapping run
-- column: map_end first input address behind it
-- column: task command name and thread id of the change
WITH RECURSIVE change AS (
  SELECT *
  FROM kernel_run
  WHERE kind IN ('permission', 'split', 'other')
    AND (@kind IS NULL OR kind = @kind)
),
-- The first and the last address of every change.
end_point (change_id, at_start, va, first_seq) AS (
  SELECT id, 1, va_start, first_seq
  FROM change
  UNION ALL
  SELECT id, 0, va_end - 1, first_seq
  FROM change
),
-- Runs are found by buckets of about their own size: a run lies in at most two of them, and a
-- look-up is an equality, which SQLite can index on the fly, and not a scan of all runs.
bucket_size (shift) AS (
  SELECT 12
  UNION ALL
  SELECT shift + 2 FROM bucket_size WHERE shift < 62
),
sized_run AS MATERIALIZED (
  SELECT
    r.*,
    (SELECT min(shift) FROM bucket_size
      WHERE (1 << shift) >= r.va_end - r.va_start) AS shift
  FROM kernel_run AS r
  WHERE r.kind IN ('map', 'unmap')
),
run_in_bucket AS MATERIALIZED (
  SELECT shift, va_start >> shift AS bucket, id, va_start, va_end, first_seq
  FROM sized_run
  UNION
  SELECT shift, (va_end - 1) >> shift, id, va_start, va_end, first_seq
  FROM sized_run
),
used_size AS MATERIALIZED (
  SELECT DISTINCT shift
  FROM sized_run
),
-- The latest run that mapped, or unmapped, an end of the change before it. With max(), SQLite
-- takes the other columns from the row that has the maximum.
boundary (change_id, at_start, run_id, run_seq) AS (
  SELECT p.change_id, p.at_start, r.id, max(r.first_seq)
  FROM end_point AS p
  CROSS JOIN used_size AS s
  CROSS JOIN run_in_bucket AS r ON r.shift = s.shift
    AND r.bucket = p.va >> s.shift
  WHERE r.va_start <= p.va
    AND r.va_end > p.va
    AND r.first_seq < p.first_seq
  GROUP BY p.change_id, p.at_start
),
mismatch AS (
  SELECT
    b.change_id,
    b.run_id AS map_id,
    max(b.at_start = 1 AND m.va_start < c.va_start) AS at_start,
    max(b.at_start = 0 AND m.va_end > c.va_end) AS at_end
  FROM boundary AS b
  JOIN kernel_run AS c ON c.id = b.change_id
  JOIN kernel_run AS m ON m.id = b.run_id
  WHERE m.kind = 'map'
    AND (c.kind = 'split'
      OR (b.at_start = 1 AND m.va_start < c.va_start)
      OR (b.at_start = 0 AND m.va_end > c.va_end))
  GROUP BY b.change_id, b.run_id
)
SELECT
  (SELECT line FROM event WHERE seq = c.first_seq) AS change_line,
  (SELECT line FROM event WHERE seq = c.last_seq) AS change_last_line,
  c.kind,
  printf('0x%016x', c.va_start) AS change_start,
  printf('0x%016x', c.va_end) AS change_end,
  c.stores,
  CASE
    WHEN x.at_start AND x.at_end THEN 'both'
    WHEN x.at_start THEN 'start'
    WHEN x.at_end THEN 'end'
    ELSE 'inside'
  END AS cut,
  (SELECT line FROM event WHERE seq = m.first_seq) AS map_line,
  (SELECT line FROM event WHERE seq = m.last_seq) AS map_last_line,
  printf('0x%016x', m.va_start) AS map_start,
  printf('0x%016x', m.va_end) AS map_end,
  (SELECT text FROM _task WHERE id = c.task_id) AS task
FROM mismatch AS x
JOIN kernel_run AS c ON c.id = x.change_id
JOIN kernel_run AS m ON m.id = x.map_id
ORDER BY c.first_seq, c.id, m.id;

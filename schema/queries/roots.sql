-- title: Translation table roots
-- summary: Every life of a page as a root: when it was in a TTBR, on which CPUs, under which
-- summary: ASIDs.
-- param: ttbr integer NULL 0 or 1: only roots of this register
-- column: id number of the address space
-- column: root physical address of the root table
-- column: regime translation regime
-- column: ttbr 0 or 1
-- column: start_level lookup level of the root, empty when not known
-- column: granule_bytes translation granule, empty when not known
-- column: incarnation 1, 2, ... lives of the same page as a root
-- column: first_line line of the first load or announcement
-- column: last_line line of the last load
-- column: loads times it was loaded
-- column: asids the first eight ASIDs it was loaded with
-- column: asid_count distinct ASIDs it was loaded with
-- column: cpus CPUs it was loaded on, the first eight
-- column: cpu_count number of CPUs it was loaded on
WITH load_count AS (
  SELECT space_id, count(*) AS loads
  FROM root_load
  GROUP BY space_id
),
space_asid AS (
  SELECT space_id, asid, row_number() OVER (PARTITION BY space_id ORDER BY min(seq)) AS place
  FROM root_load
  WHERE asid IS NOT NULL
  GROUP BY space_id, asid
),
asid_list AS (
  SELECT
    space_id,
    group_concat(iif(place <= 8, asid, NULL), ' ') AS asids,
    count(*) AS asid_count
  FROM (SELECT * FROM space_asid ORDER BY space_id, place)
  GROUP BY space_id
),
space_cpu AS (
  SELECT space_id, cpu, row_number() OVER (PARTITION BY space_id ORDER BY cpu) AS place
  FROM root_load
  GROUP BY space_id, cpu
),
cpu_list AS (
  SELECT
    space_id,
    group_concat(iif(place <= 8, cpu, NULL), ' ') AS cpus,
    count(*) AS cpu_count
  FROM (SELECT * FROM space_cpu ORDER BY space_id, place)
  GROUP BY space_id
)
SELECT
  a.id,
  printf('0x%016x', a.root_pa) AS root,
  a.regime,
  a.half AS ttbr,
  a.start_level,
  a.granule_bytes,
  a.incarnation,
  (SELECT line FROM event WHERE seq = a.first_seq) AS first_line,
  (SELECT line FROM event WHERE seq = a.last_seq) AS last_line,
  ifnull(l.loads, 0) AS loads,
  s.asids,
  ifnull(s.asid_count, 0) AS asid_count,
  c.cpus,
  ifnull(c.cpu_count, 0) AS cpu_count
FROM address_space AS a
LEFT JOIN load_count AS l ON l.space_id = a.id
LEFT JOIN asid_list AS s ON s.space_id = a.id
LEFT JOIN cpu_list AS c ON c.space_id = a.id
WHERE @ttbr IS NULL
  OR a.half = @ttbr
ORDER BY a.first_seq, a.id;

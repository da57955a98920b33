-- title: The roots in force at a moment
-- summary: Per CPU, what the TTBR held that translates a half of the address range.
-- param: ttbr integer required 0 for TTBR0, 1 for TTBR1
-- param: seq integer required sequence number of the moment
-- param: asid integer NULL only roots last loaded under this ASID, on whichever CPU
-- column: space_id number of the address space
-- column: root physical address of the root table
-- column: start_level lookup level of the root, empty when not known
-- column: granule_bytes translation granule, empty when not known
-- column: cpu CPU that has it in its TTBR
-- column: asid ASID in force with it, empty when not known
-- column: line line of the load
WITH last_load AS (
  SELECT cpu, max(seq) AS seq
  FROM root_load
  WHERE half = @ttbr
    AND seq <= @seq
    AND (@asid IS NULL OR asid = @asid)
  GROUP BY cpu
)
SELECT
  l.space_id,
  printf('0x%016x', a.root_pa) AS root,
  a.start_level,
  coalesce(a.granule_bytes, (SELECT granule_bytes FROM replay)) AS granule_bytes,
  l.cpu,
  l.asid,
  (SELECT line FROM event WHERE seq = l.seq) AS line
FROM last_load AS x
JOIN root_load AS l ON l.seq = x.seq
  AND l.half = @ttbr
  AND l.cpu = x.cpu
JOIN address_space AS a ON a.id = l.space_id
ORDER BY l.cpu, l.seq;

-- TLBIs of EL1&0 stage 1 with what their operand names: the input addresses va_first..va_last, both NULL for an operation on all
-- addresses, and the ASID, NULL for an operation on all ASIDs. The fields are those of src/TraceReplay/Arm/TlbiOperand.cs (DDI 0487
-- I_ZVNJG, R_JGGKN, I_QPHNP, R_QKRKL): one page, or a range whose base is in units of 64 KiB where TCR_EL1.DS is set.
CREATE VIEW _tlbi_operand AS
WITH
regime (page_bytes, ds) AS (
  SELECT
    ifnull((SELECT granule_bytes FROM replay), 4096),
    ifnull((SELECT s.value >> 59 & 1
      FROM sysreg_write AS s
      JOIN name AS r ON r.id = s.register_id
      WHERE r.text = 'tcr_el1'
      ORDER BY s.seq DESC
      LIMIT 1), 0)
),
operation AS (
  SELECT
    id,
    text,
    text GLOB 'rva*' AS is_range,
    text GLOB 'va*' AS is_page,
    text GLOB 'aside1*' OR text GLOB 'va[el]*' OR text GLOB 'rva[el]*' AS has_asid,
    text GLOB '*va*le1*' AS is_last_level,
    text GLOB '*[io]s' OR text GLOB '*[io]snxs' AS is_broadcast
  FROM name
  WHERE text GLOB '*va*e1*'
    OR text GLOB 'aside1*'
    OR text GLOB 'vmalle1*'
    OR text GLOB 'vmalls12e1*'
    OR text GLOB 'alle1*'
),
-- A range's TG field is 1, 2 or 3 for 4K, 16K or 64K; its length is (NUM + 1) * 2^(5 * SCALE + 1) pages.
field AS (
  SELECT
    t.*,
    o.*,
    g.page_bytes,
    10 + 2 * (t.operand >> 46 & 3) AS range_page_shift,
    iif(g.ds, 16, 10 + 2 * (t.operand >> 46 & 3)) AS range_base_shift
  FROM tlbi AS t
  JOIN operation AS o ON o.id = t.op_id
  CROSS JOIN regime AS g
),
started AS (
  SELECT
    *,
    CASE
      WHEN is_page THEN (operand << 20) >> 8 & -page_bytes
      WHEN is_range THEN (operand << 27) >> (27 - range_base_shift)
    END AS va_first
  FROM field
)
SELECT
  seq,
  line,
  time_ns,
  cpu,
  task_id,
  text AS operation,
  operand,
  iif(has_asid, operand >> 48 & 0xffff, NULL) AS asid,
  is_last_level,
  is_broadcast,
  va_first,
  CASE
    WHEN is_page THEN va_first + page_bytes - 1
    -- A range does not wrap from the upper half into the lower one (R_QNPXY).
    WHEN va_first < 0
      AND va_first + ((1 + (operand >> 39 & 31)) << (5 * (operand >> 44 & 3) + 1 + range_page_shift)) - 1 >= 0 THEN -1
    WHEN is_range
      THEN va_first + ((1 + (operand >> 39 & 31)) << (5 * (operand >> 44 & 3) + 1 + range_page_shift)) - 1
  END AS va_last
FROM started;

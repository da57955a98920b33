-- What replay derives from the events. Emptied and written again by each replay.

-- One row: how the events were replayed.
CREATE TABLE replay (
  id                 INTEGER PRIMARY KEY CHECK (id = 1),
  bbm_level          INTEGER NOT NULL, -- FEAT_BBM level assumed, 0..3
  granule_bytes      INTEGER,          -- of the last configuration seen or inferred
  granule_source     TEXT NOT NULL,    -- tcr, table, meta, inferred or assumed
  final_compared     INTEGER NOT NULL, -- pgtable_final values compared with the replayed state
  final_differing    INTEGER NOT NULL, -- of those, how many differ
  final_unknown      INTEGER NOT NULL, -- pgtable_final values whose descriptor replay does not know
  events             INTEGER NOT NULL, -- events replayed
  undecided_writes   INTEGER NOT NULL, -- stores to tables of which neither root nor level let liveness be told
  policy             TEXT NOT NULL,    -- what was asked of the trace: a JSON object of every setting
  baseline           TEXT              -- path of the database whose findings count as known, NULL for none
) STRICT;

-- The rules, as the engine that wrote the findings knew them.
CREATE TABLE rule (
  id           TEXT PRIMARY KEY,
  title        TEXT NOT NULL,
  severity     TEXT NOT NULL CHECK (severity IN ('error', 'warning', 'info')),
  arm_rule     TEXT NOT NULL, -- Arm rule ids, such as 'R_WHZWS'
  explanation  TEXT NOT NULL,
  condition    TEXT NOT NULL  -- when it is raised
) STRICT, WITHOUT ROWID;

-- An address space: one life of one translation table root.
CREATE TABLE address_space (
  id            INTEGER PRIMARY KEY,
  root_pa       INTEGER NOT NULL,  -- physical address of the root table
  regime        TEXT    NOT NULL,  -- 'EL1&0'
  half          INTEGER NOT NULL CHECK (half IN (0, 1)), -- 0 TTBR0, 1 TTBR1
  start_level   INTEGER,           -- lookup level of the root, NULL when not known
  entries       INTEGER,           -- descriptors in the root
  granule_bytes INTEGER,
  incarnation   INTEGER NOT NULL,  -- 1, 2, ... lives of the same page as a root
  first_seq     INTEGER NOT NULL,  -- first load or announcement
  last_seq      INTEGER NOT NULL   -- last load
) STRICT;

-- One load of a root into a TTBR.
CREATE TABLE root_load (
  seq       INTEGER NOT NULL,
  cpu       INTEGER NOT NULL,
  half      INTEGER NOT NULL,
  space_id  INTEGER NOT NULL,
  asid      INTEGER, -- ASID in force with it, NULL when not known
  PRIMARY KEY (seq, half, cpu) -- a root told without a TTBR write is taken for loaded on every CPU
) STRICT, WITHOUT ROWID;

-- A page serving as a table: at which level and input address, in which space, from when to when.
CREATE TABLE table_use (
  id         INTEGER PRIMARY KEY,
  space_id   INTEGER,          -- NULL: no root of it is known
  base       INTEGER NOT NULL, -- physical address of the table
  level      INTEGER NOT NULL,
  entries    INTEGER NOT NULL,
  va_base    INTEGER,          -- input address of entry 0, NULL when not known
  parent_pa  INTEGER,          -- descriptor that points here, NULL for a root
  from_seq   INTEGER NOT NULL,
  to_seq     INTEGER           -- NULL: to the end of the trace
) STRICT;

-- A cacheable descriptor value that was overwritten or unlinked: until complete_seq a TLB may still hold it.
CREATE TABLE stale_record (
  id            INTEGER PRIMARY KEY,
  break_seq     INTEGER NOT NULL, -- the store that removed it
  pa            INTEGER NOT NULL, -- where the value stood
  level         INTEGER NOT NULL,
  space_id      INTEGER,          -- NULL: no root known
  va            INTEGER,          -- input address, NULL when not known
  size_bytes    INTEGER NOT NULL, -- input range the value translates
  group_bytes   INTEGER,          -- input range of its contiguous group: an entry made from it may answer for all; NULL without the bit
  asid          INTEGER,          -- ASID, NULL for a global entry or when not known
  old           INTEGER NOT NULL, -- the stale value
  new           INTEGER NOT NULL, -- what replaced it
  class         TEXT    NOT NULL, -- transition class T1..T30 of old -> new
  tlbi_seq      INTEGER,          -- the TLBI that covered it last
  complete_seq  INTEGER,          -- the DSB that completed it; NULL: never in this trace
  break_line    INTEGER NOT NULL, -- line of the store: kept here, for it is asked for by the hundred thousand
  tlbi_line     INTEGER,          -- line of the TLBI
  complete_line INTEGER,          -- line of the completion
  window_ns     INTEGER           -- from the store to the completion
) STRICT;

-- Which stale records are of a page of tables: the first and the last of some of them, with at most
-- 256 ids from one to the next and 8192 from first to last. The view page_stale_record finds records by
-- their address with it.
CREATE TABLE stale_run (
  page      INTEGER NOT NULL, -- pa >> 12
  first_id  INTEGER NOT NULL, -- id of a stale_record
  last_id   INTEGER NOT NULL, -- at least first_id
  entries   INTEGER NOT NULL  -- bit (pa >> 6) & 63 is set for every record of the run
) STRICT;

-- Changes from one valid descriptor to another, directly or by way of an invalid value; makes and breaks alone are only counted.
CREATE TABLE transition (
  seq         INTEGER NOT NULL, -- the store
  space_id    INTEGER,          -- NULL: no root known
  class       TEXT    NOT NULL, -- T4..T30
  is_live     INTEGER NOT NULL CHECK (is_live IN (0, 1)),    -- 1: hardware may walk the table
  via_break   INTEGER NOT NULL CHECK (via_break IN (0, 1)),  -- 1: an invalid value stood in between
  pa          INTEGER NOT NULL,
  level       INTEGER NOT NULL,
  va          INTEGER,          -- input address, NULL when not known
  old         INTEGER NOT NULL, -- the last valid value before
  new         INTEGER NOT NULL,
  stale_id    INTEGER,          -- stale_record of the old value, where it was live
  finding_id  INTEGER,          -- the finding it belongs to
  verdict     TEXT    NOT NULL, -- allowed, offline, completed, or the rule it broke
  -- What Linux's pgattr_change_is_safe says of a direct change of a kernel mapping to a leaf; NULL for other changes.
  linux_verdict TEXT CHECK (linux_verdict IN ('safe', 'unsafe'))
) STRICT;

-- Counts of every transition class, makes and breaks included.
CREATE TABLE transition_count (
  class      TEXT    NOT NULL,
  is_live    INTEGER NOT NULL,
  via_break  INTEGER NOT NULL,
  count      INTEGER NOT NULL,
  PRIMARY KEY (class, is_live, via_break)
) STRICT, WITHOUT ROWID;

-- What the TLBIs of one site did.
CREATE TABLE tlbi_site (
  op_id          INTEGER NOT NULL, -- name of the operation
  pc             INTEGER NOT NULL, -- program counter, 0 when not told
  count          INTEGER NOT NULL,
  covered        INTEGER NOT NULL, -- TLBIs that covered at least one stale record
  records        INTEGER NOT NULL, -- stale records covered
  ineffective    INTEGER NOT NULL, -- TLBIs that could not cover anything as encoded
  first_seq      INTEGER NOT NULL,
  PRIMARY KEY (op_id, pc)
) STRICT, WITHOUT ROWID;

-- A run of neighbouring kernel entries changed one after the other by one CPU in the same way.
CREATE TABLE kernel_run (
  id         INTEGER PRIMARY KEY,
  kind       TEXT    NOT NULL CHECK (kind IN ('map', 'unmap', 'permission', 'split', 'other')),
  va_start   INTEGER NOT NULL, -- first input address
  va_end     INTEGER NOT NULL, -- first input address behind the run
  first_seq  INTEGER NOT NULL,
  last_seq   INTEGER NOT NULL,
  stores     INTEGER NOT NULL,
  cpu        INTEGER NOT NULL,
  task_id    INTEGER NOT NULL
) STRICT;

-- One tree of tables replaced by another under the same register.
CREATE TABLE root_swap (
  id                INTEGER PRIMARY KEY,
  seq               INTEGER NOT NULL, -- first load of the new root
  half              INTEGER NOT NULL,
  old_space_id      INTEGER NOT NULL,
  new_space_id      INTEGER NOT NULL,
  tables_copied     INTEGER NOT NULL, -- tables of the new tree that mirror one of the old
  tables_shared     INTEGER NOT NULL, -- tables that both trees use
  entries_compared  INTEGER NOT NULL,
  lost_updates      INTEGER NOT NULL, -- entries of the old tree stored after they were copied, and different
  late_writes       INTEGER NOT NULL, -- stores to the old tree after the first CPU swapped, not repeated in the new
  done_seq          INTEGER           -- no CPU used the old root any more
) STRICT;

-- The inputs of this database. Several files are consecutive pieces of one capture: sequence numbers run on. Or they were merged by
-- time, which clock_offset tells.
CREATE TABLE trace (
  id                     INTEGER PRIMARY KEY, -- 1, 2, ... in the order given
  path                   TEXT    NOT NULL,    -- as given; '-' for standard input
  format                 TEXT    NOT NULL,    -- name of the reader: ftrace, trace-cmd-report, perf-script, trace-dat
  compression            TEXT    NOT NULL,    -- none or gzip
  sha256                 TEXT    NOT NULL,    -- of the bytes as read, lower-case hex
  size_bytes             INTEGER NOT NULL,    -- of the decompressed source
  line_count             INTEGER NOT NULL,    -- lines of the decompressed text; of a trace.dat, of the text trace-cmd makes of it
  first_seq              INTEGER NOT NULL,    -- its first event; trace_run tells which of those up to last_seq are of others
  last_seq               INTEGER NOT NULL,    -- its last event
  event_count            INTEGER NOT NULL,    -- its events
  clock                  TEXT    NOT NULL CHECK (clock IN ('time', 'counter')), -- time_ns columns hold nanoseconds, or bare ticks
  clock_offset           INTEGER,             -- added to its times in a merge: nanoseconds or ticks; NULL for pieces of one capture
  cpu_offset             INTEGER,             -- added to its CPU numbers in a merge
  cpu_count              INTEGER NOT NULL,    -- CPUs named by the header or seen
  entries_in_buffer      INTEGER,             -- ring buffer header, where present
  entries_written        INTEGER,             -- larger than entries_in_buffer: the oldest events were overwritten
  page_address_bits      INTEGER NOT NULL,    -- bits 15:12 and 9:8 seen in level-3 descriptors, OR-ed: tell the granule and DS
  page_descriptor_count  INTEGER NOT NULL,    -- valid level-3 descriptors seen
  lowest_level           INTEGER,             -- lowest lookup level named by a store or table
  has_tables             INTEGER NOT NULL CHECK (has_tables IN (0, 1)),   -- 1: pgtable_table occurs: tables not told do not exist
  has_roots              INTEGER NOT NULL CHECK (has_roots IN (0, 1)),    -- 1: writes of a TTBR or VTTBR occur
  first_hcr              INTEGER,             -- HCR_EL2 of CPUs that do not tell theirs
  has_barriers           INTEGER NOT NULL CHECK (has_barriers IN (0, 1)), -- 1: DSBs occur
  has_tlbis              INTEGER NOT NULL CHECK (has_tlbis IN (0, 1)),    -- 1: TLBIs occur
  stage2_vmids           TEXT    NOT NULL,    -- root:VMID of each first VTTBR_EL2 write of a root, separated by blanks
  is_damaged             INTEGER NOT NULL CHECK (is_damaged IN (0, 1)) -- 1: read only in part (truncated or corrupt)
) STRICT;

-- Which input an event is of: the one of the last run that begins at or before it.
CREATE TABLE trace_run (
  first_seq   INTEGER PRIMARY KEY, -- the run ends before the first_seq of the next one
  trace_id    INTEGER NOT NULL REFERENCES trace (id) DEFERRABLE INITIALLY DEFERRED,
  first_line  INTEGER NOT NULL     -- 1-based line at which it begins
) STRICT;

-- Files of memory as it was at the begin of the trace. What was taken from them are rows of table_known and descriptor_known.
CREATE TABLE initial_memory (
  path         TEXT    NOT NULL,    -- as given
  address      INTEGER PRIMARY KEY, -- physical address of its first byte
  size_bytes   INTEGER NOT NULL,
  tables       INTEGER NOT NULL,    -- tables of the trace found in it
  descriptors  INTEGER NOT NULL     -- values other than 0 taken from them
) STRICT;

-- Key and value pairs about the database itself.
CREATE TABLE meta (
  key    TEXT PRIMARY KEY, -- such as 'tool_version'
  value  TEXT NOT NULL     -- as text, numbers too
) STRICT, WITHOUT ROWID;

-- Interned texts: operations, barriers, registers, reasons, marker texts.
CREATE TABLE name (
  id    INTEGER PRIMARY KEY, -- 0 is the empty text
  text  TEXT NOT NULL        -- as the trace has it, lower case where case means nothing
) STRICT;

-- Tasks seen.
CREATE TABLE task (
  id    INTEGER PRIMARY KEY, -- 0 is no task
  comm  TEXT    NOT NULL,    -- command name as printed
  pid   INTEGER NOT NULL     -- thread id, -1 for no task
) STRICT;

-- Events that were read but are not part of the vocabulary: counted, not stored.
CREATE TABLE skipped_event (
  event  TEXT PRIMARY KEY, -- event name
  count  INTEGER NOT NULL,
  first_line INTEGER NOT NULL -- 1-based line of the first one
) STRICT, WITHOUT ROWID;

-- What could not be used as it was. At most 1,000 rows of a kind are kept; problem_count has the totals.
CREATE TABLE import_problem (
  id        INTEGER PRIMARY KEY,
  trace_id  INTEGER NOT NULL REFERENCES trace (id),
  line      INTEGER NOT NULL, -- 1-based line of the decompressed source
  kind      TEXT    NOT NULL, -- such as 'missing-key'
  severity  TEXT    NOT NULL CHECK (severity IN ('info', 'warning', 'error')), -- error: something was lost
  detail    TEXT    NOT NULL, -- what was expected and what was found
  excerpt   TEXT    NOT NULL  -- the start of the line
) STRICT;

-- Totals of import_problem by kind, those beyond the 1,000 kept included.
CREATE TABLE problem_count (
  kind      TEXT PRIMARY KEY,
  severity  TEXT    NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
  count     INTEGER NOT NULL,
  help      TEXT    NOT NULL -- what it means and what to do
) STRICT, WITHOUT ROWID;

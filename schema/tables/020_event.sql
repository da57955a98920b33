-- One table a kind of event; all share the columns seq, line, time_ns, cpu, task_id. The view event joins them all.
-- seq:     global sequence number, 1-based
-- line:    1-based line of the decompressed source; of a trace.dat, of the text trace-cmd makes of it
-- time_ns: nanoseconds, or ticks when trace.clock = 'counter'
-- Addresses and descriptors are 64-bit patterns in signed integers; print them with printf('0x%016x', column).

-- One descriptor stored (pgtable_write).
CREATE TABLE pgtable_write (
  seq         INTEGER PRIMARY KEY,
  line        INTEGER NOT NULL,
  time_ns     INTEGER NOT NULL,
  cpu         INTEGER NOT NULL,
  task_id     INTEGER NOT NULL,
  pa          INTEGER NOT NULL, -- physical address of the descriptor
  new         INTEGER NOT NULL, -- value stored
  old         INTEGER,          -- value before, where the tracer knew it
  level       INTEGER,          -- lookup level -1..3, where the tracer knew it
  alias_va    INTEGER,          -- virtual address the store went through
  size_bytes  INTEGER NOT NULL, -- width of the store
  how_id      INTEGER NOT NULL, -- name of what did it, 0 when not told
  pc          INTEGER           -- program counter
) STRICT;

-- One TLB invalidation instruction (tlbi).
CREATE TABLE tlbi (
  seq      INTEGER PRIMARY KEY,
  line     INTEGER NOT NULL,
  time_ns  INTEGER NOT NULL,
  cpu      INTEGER NOT NULL,
  task_id  INTEGER NOT NULL,
  op_id    INTEGER NOT NULL, -- name of the operation, lower case
  operand  INTEGER NOT NULL, -- raw Xt
  pc       INTEGER
) STRICT;

-- One DSB, DMB or ISB (barrier).
CREATE TABLE barrier (
  seq      INTEGER PRIMARY KEY,
  line     INTEGER NOT NULL,
  time_ns  INTEGER NOT NULL,
  cpu      INTEGER NOT NULL,
  task_id  INTEGER NOT NULL,
  kind_id  INTEGER NOT NULL, -- name such as 'dsb ishst' or 'isb'
  pc       INTEGER
) STRICT;

-- One MSR to a translation register (sysreg_write, ttbr_write).
CREATE TABLE sysreg_write (
  seq          INTEGER PRIMARY KEY,
  line         INTEGER NOT NULL,
  time_ns      INTEGER NOT NULL,
  cpu          INTEGER NOT NULL,
  task_id      INTEGER NOT NULL,
  register_id  INTEGER NOT NULL, -- name such as 'ttbr0_el1'
  value        INTEGER NOT NULL,
  pc           INTEGER
) STRICT;

-- A table became known (pgtable_table).
CREATE TABLE table_known (
  seq            INTEGER PRIMARY KEY,
  line           INTEGER NOT NULL,
  time_ns        INTEGER NOT NULL,
  cpu            INTEGER NOT NULL,
  task_id        INTEGER NOT NULL,
  base           INTEGER NOT NULL, -- physical address of the table
  level          INTEGER NOT NULL, -- lookup level -1..3
  entries        INTEGER,          -- number of descriptors
  root           INTEGER,          -- 0 TTBR0, 1 TTBR1, 2 stage 2; NULL below a root
  parent_pa      INTEGER,          -- descriptor that points here
  granule_bytes  INTEGER,          -- 4096, 16384 or 65536
  is_from_image  INTEGER NOT NULL CHECK (is_from_image IN (0, 1)) -- 1: found in an image of memory, at the line that loads its root
) STRICT;

-- Content told without a store (pgtable_entry, pgtable_hw_update, pgtable_final).
CREATE TABLE descriptor_known (
  seq      INTEGER PRIMARY KEY,
  line     INTEGER NOT NULL,
  time_ns  INTEGER NOT NULL,
  cpu      INTEGER NOT NULL,
  task_id  INTEGER NOT NULL,
  source   INTEGER NOT NULL CHECK (source IN (0, 1, 2, 3)), -- 0 initial, 1 hardware update, 2 final, 3 from an image of memory
  pa       INTEGER NOT NULL, -- physical address of the descriptor
  value    INTEGER NOT NULL,
  old      INTEGER,          -- before a hardware update
  level    INTEGER
) STRICT;

-- A page stopped being a table, or lost its last pointer (pgtable_free, pgtable_orphan).
CREATE TABLE table_gone (
  seq      INTEGER PRIMARY KEY,
  line     INTEGER NOT NULL,
  time_ns  INTEGER NOT NULL,
  cpu      INTEGER NOT NULL,
  task_id  INTEGER NOT NULL,
  is_free  INTEGER NOT NULL CHECK (is_free IN (0, 1)), -- 1 free, 0 orphan
  base     INTEGER NOT NULL, -- physical address of the table
  level    INTEGER,
  why_id   INTEGER NOT NULL  -- name of the reason given, 0 for none
) STRICT;

-- One fact of pgtable_meta.
CREATE TABLE machine_fact (
  seq       INTEGER PRIMARY KEY,
  line      INTEGER NOT NULL,
  time_ns   INTEGER NOT NULL,
  cpu       INTEGER NOT NULL,
  task_id   INTEGER NOT NULL,
  key_id    INTEGER NOT NULL, -- name of the key
  value_id  INTEGER NOT NULL  -- name that is the value's text
) STRICT;

-- Page frames handed out or given back (mm_page_alloc, mm_page_free, mm_page_free_batched).
CREATE TABLE page_allocation (
  seq           INTEGER PRIMARY KEY,
  line          INTEGER NOT NULL,
  time_ns       INTEGER NOT NULL,
  cpu           INTEGER NOT NULL,
  task_id       INTEGER NOT NULL,
  is_free       INTEGER NOT NULL CHECK (is_free IN (0, 1)),
  frame_number  INTEGER NOT NULL, -- in units of the kernel's page size
  page_order    INTEGER NOT NULL  -- 2^page_order frames
) STRICT;

-- sched_switch.
CREATE TABLE context_switch (
  seq           INTEGER PRIMARY KEY,
  line          INTEGER NOT NULL,
  time_ns       INTEGER NOT NULL,
  cpu           INTEGER NOT NULL,
  task_id       INTEGER NOT NULL,
  previous_pid  INTEGER NOT NULL,
  next_pid      INTEGER NOT NULL
) STRICT;

-- A lock that guards tables was taken or given back (pgtable_lock).
CREATE TABLE lock_operation (
  seq      INTEGER PRIMARY KEY,
  line     INTEGER NOT NULL,
  time_ns  INTEGER NOT NULL,
  cpu      INTEGER NOT NULL,
  task_id  INTEGER NOT NULL,
  action   INTEGER NOT NULL CHECK (action IN (0, 1, 2)), -- 0 lock, 1 trylock, 2 unlock
  address  INTEGER NOT NULL  -- names the lock
) STRICT;

-- What software says of which lock guards what (pgtable_hint).
CREATE TABLE lock_hint (
  seq       INTEGER PRIMARY KEY,
  line      INTEGER NOT NULL,
  time_ns   INTEGER NOT NULL,
  cpu       INTEGER NOT NULL,
  task_id   INTEGER NOT NULL,
  hint      INTEGER NOT NULL CHECK (hint IN (0, 1, 2)), -- 0 set_root_lock, 1 set_owner_root, 2 set_pte_thread_owner
  location  INTEGER NOT NULL, -- physical address of the root, table or descriptor
  value     INTEGER NOT NULL  -- the lock, root or CPU
) STRICT;

-- Free text (tracing_mark_write, bprint, print).
CREATE TABLE marker (
  seq      INTEGER PRIMARY KEY,
  line     INTEGER NOT NULL,
  time_ns  INTEGER NOT NULL,
  cpu      INTEGER NOT NULL,
  task_id  INTEGER NOT NULL,
  text_id  INTEGER NOT NULL
) STRICT;

-- An entry that the TLB or walk cache of a CPU took or gave up.
CREATE TABLE tlb_entry (
  seq             INTEGER PRIMARY KEY,
  line            INTEGER NOT NULL,
  time_ns         INTEGER NOT NULL,
  cpu             INTEGER NOT NULL,
  task_id         INTEGER NOT NULL,
  is_eviction     INTEGER NOT NULL CHECK (is_eviction IN (0, 1)),   -- 1: given up
  is_walk_cache   INTEGER NOT NULL CHECK (is_walk_cache IN (0, 1)), -- 1: leads to a table
  va              INTEGER NOT NULL, -- first input address
  size_bytes      INTEGER NOT NULL, -- of input address
  pa              INTEGER,          -- first output address or table, NULL for one given up
  exception_level INTEGER NOT NULL, -- the regime's: 1 or 2
  vmid            INTEGER,          -- NULL when not told
  asid            INTEGER           -- NULL for a global entry
) STRICT;

-- Events of one CPU missing before this line.
CREATE TABLE lost_events (
  seq      INTEGER PRIMARY KEY,
  line     INTEGER NOT NULL,
  time_ns  INTEGER NOT NULL, -- of the last event read, in a merge of the next
  cpu      INTEGER NOT NULL, -- the CPU whose events are missing
  task_id  INTEGER NOT NULL,
  count    INTEGER           -- how many, NULL when not told
) STRICT;

-- How many rows of each kind an import wrote.
CREATE TABLE event_count (
  kind   TEXT    NOT NULL, -- name of the event, such as 'pgtable_entry'; 'marker' for any free text
  cpu    INTEGER NOT NULL,
  count  INTEGER NOT NULL,
  PRIMARY KEY (kind, cpu)
) STRICT, WITHOUT ROWID;

-- Where in the trace a page of tables is stored to: the first and the last of some stores to it, with
-- at most 256 events from one to the next and 8192 from first to last. The view page_store finds
-- stores by their address with it.
CREATE TABLE store_run (
  page       INTEGER NOT NULL, -- pa >> 12
  first_seq  INTEGER NOT NULL,
  last_seq   INTEGER NOT NULL,
  entries    INTEGER NOT NULL  -- bit (pa >> 6) & 63 is set for every store of the run
) STRICT;

-- The same of values that other events tell, for the view page_known.
CREATE TABLE known_run (
  page       INTEGER NOT NULL, -- pa >> 12
  first_seq  INTEGER NOT NULL,
  last_seq   INTEGER NOT NULL,
  entries    INTEGER NOT NULL  -- bit (pa >> 6) & 63 is set for every descriptor of the run
) STRICT;

-- What was waived, as the file of waivers has it. Patterns are GLOB, ranges are unsigned; NULL takes any.
CREATE TABLE waiver (
  id        INTEGER PRIMARY KEY,                                     -- 1, 2, ... in the order of the file
  line      INTEGER NOT NULL,                                        -- 1-based line of the file
  rule      TEXT    NOT NULL,                                        -- pattern for the id of the rule
  pc_first  INTEGER,                                                 -- first program counter
  pc_last   INTEGER,                                                 -- last program counter
  symbol    TEXT,                                                    -- pattern for what did the store
  task      TEXT,                                                    -- pattern for the command name
  va_first  INTEGER,                                                 -- first input address
  va_last   INTEGER,                                                 -- last input address
  pa_first  INTEGER,                                                 -- first physical address of a descriptor
  pa_last   INTEGER,                                                 -- last physical address of a descriptor
  reason    TEXT    NOT NULL,                                        -- why the findings are accepted
  expires   TEXT,                                                    -- last day on which it applies, as 2027-06-30; NULL for ever
  is_expired INTEGER NOT NULL CHECK (is_expired IN (0, 1)),          -- 1: that day was over
  matched   INTEGER NOT NULL                                         -- findings it fits, those of an earlier waiver included
) STRICT;

-- The findings of the baseline, one row for all that count as the same one. Empty without a baseline.
CREATE TABLE baseline_finding (
  id          INTEGER PRIMARY KEY,
  rule        TEXT    NOT NULL, -- may be one that is not checked any more
  severity    TEXT    NOT NULL CHECK (severity IN ('error', 'warning', 'info')),
  tag         TEXT    NOT NULL, -- '' or 'linux-tolerated'
  site        TEXT    NOT NULL, -- program counter, or what did the store and the task's command name
  level       INTEGER,          -- lookup level
  difference  TEXT    NOT NULL, -- what differs between the old and the new value
  findings    INTEGER NOT NULL, -- number of findings
  stores      INTEGER NOT NULL, -- stores folded into them
  first_line  INTEGER NOT NULL, -- line of the first, in the trace of the baseline
  summary     TEXT    NOT NULL, -- the first in one sentence
  is_gone     INTEGER NOT NULL CHECK (is_gone IN (0, 1)) -- 1: not found any more
) STRICT;

-- One row a fault: sixteen stores to one contiguous group, or many makes after one uncompleted TLBI, are one fault.
CREATE TABLE finding (
  id           INTEGER PRIMARY KEY,
  rule         TEXT    NOT NULL REFERENCES rule (id),
  severity     TEXT    NOT NULL CHECK (severity IN ('error', 'warning', 'info')),
  confidence   TEXT    NOT NULL CHECK (confidence IN ('certain', 'likely', 'possible', 'unknown')),
  tag          TEXT    NOT NULL, -- '' or 'linux-tolerated'
  seq          INTEGER NOT NULL, -- the store (or TTBR write) that completes the fault
  line         INTEGER NOT NULL,
  time_ns      INTEGER NOT NULL,
  cpu          INTEGER NOT NULL,
  task_id      INTEGER NOT NULL,
  pa           INTEGER NOT NULL, -- descriptor, or root table
  level        INTEGER,
  va           INTEGER,          -- input address, NULL when not known
  asid         INTEGER,          -- NULL for global entries or when not known
  space_id     INTEGER,
  old          INTEGER,          -- the stale or overwritten value
  new          INTEGER,          -- the value stored
  old_decoded  TEXT    NOT NULL,
  new_decoded  TEXT    NOT NULL,
  difference   TEXT    NOT NULL, -- what differs between the two
  stale_seq    INTEGER,          -- the store that made old stale
  stale_line   INTEGER,
  tlbi_seq     INTEGER,          -- nearest TLBI
  tlbi_line    INTEGER,
  tlbi_why     TEXT    NOT NULL, -- why it did not count, '' where there is none
  barrier_seq  INTEGER,          -- nearest barrier
  barrier_line INTEGER,
  barrier_why  TEXT    NOT NULL, -- why it did not count, '' where there is none
  fill_seq     INTEGER,          -- the TLB entry that proves that old was cached, NULL for none
  count        INTEGER NOT NULL, -- stores folded into this fault
  pc           INTEGER,
  how_id       INTEGER NOT NULL,
  summary      TEXT    NOT NULL, -- one sentence
  waiver_id    INTEGER REFERENCES waiver (id), -- the waiver that accepts it, NULL for none
  is_known     INTEGER NOT NULL DEFAULT 0 CHECK (is_known IN (0, 1)) -- 1: the baseline has it
) STRICT;

-- The stores folded into findings, in the order in which they were found. An analysis that keeps no
-- database, and has no waivers, has only those that lead to another page of tables. finding_run and the
-- view _finding_store find those of one finding.
CREATE TABLE finding_store (
  id          INTEGER PRIMARY KEY, -- ascending
  finding_id  INTEGER NOT NULL,
  seq         INTEGER NOT NULL, -- the store
  pa          INTEGER NOT NULL, -- physical address of the descriptor; once for one finding and store
  va          INTEGER,          -- input address, NULL when not known
  old         INTEGER,          -- the stale or overwritten value, NULL when not known
  new         INTEGER,          -- the value stored, NULL when not known
  stale_seq   INTEGER           -- the store that made old stale, NULL for none
) STRICT;

-- Which stores are folded into a finding: the first and the last of some of them, with at most 8 ids
-- from one to the next and 8192 from first to last, counting repeats of a store that were removed.
CREATE TABLE finding_run (
  finding_id  INTEGER NOT NULL,
  first_id    INTEGER NOT NULL, -- id of a finding_store, or of a repeat
  last_id     INTEGER NOT NULL, -- at least first_id
  PRIMARY KEY (finding_id, first_id)
) STRICT, WITHOUT ROWID;

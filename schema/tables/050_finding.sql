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
  count        INTEGER NOT NULL, -- stores folded into this fault
  pc           INTEGER,
  how_id       INTEGER NOT NULL,
  summary      TEXT    NOT NULL  -- one sentence
) STRICT;

-- The stores folded into a finding.
CREATE TABLE finding_store (
  finding_id  INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  pa          INTEGER NOT NULL,
  va          INTEGER,
  old         INTEGER,
  new         INTEGER,
  stale_seq   INTEGER,
  PRIMARY KEY (finding_id, seq, pa)
) STRICT, WITHOUT ROWID;

-- What the program counters of the events are called. Filled by an import that has symbols: given, or in a trace.dat.

-- Tables of symbols used, one row for each range of program counters that they lead to.
CREATE TABLE symbol_source (
  id          INTEGER PRIMARY KEY,
  path        TEXT    NOT NULL, -- file of the symbols
  symbols     INTEGER NOT NULL, -- symbols in it
  is_low      INTEGER NOT NULL CHECK (is_low IN (0, 1)), -- 1: code at physical addresses, as before the kernel is mapped
  shift       INTEGER NOT NULL, -- program counter minus address of the symbols: the KASLR offset in the upper half
  origin      TEXT    NOT NULL CHECK (origin IN ('listed', 'given', 'deduced')),
  confidence  TEXT    NOT NULL CHECK (confidence IN ('certain', 'likely', 'possible')),
  counters    INTEGER NOT NULL, -- distinct program counters of the range
  named       INTEGER NOT NULL, -- of those, in a function of the table
  fitting     INTEGER NOT NULL, -- of those, in a function whose name fits what it did
  next_fitting INTEGER NOT NULL -- as many fit at the next best shift; 0 when none was looked for
) STRICT;

-- Program counters in a function that the symbols name.
CREATE TABLE pc_symbol (
  pc            INTEGER PRIMARY KEY, -- program counter as the trace has it
  symbol        TEXT    NOT NULL,    -- function
  module        TEXT    NOT NULL,    -- module it is in, '' for the kernel itself
  offset_bytes  INTEGER NOT NULL     -- distance from the start of the function
) STRICT;

-- title: Symbols of program counters
-- summary: The tables of symbols that an import had, and how they were laid over the trace: the
-- summary: shift is 0, was given, or was deduced from functions that run such instructions.
-- column: path file of the symbols
-- column: symbols symbols in it
-- column: range kernel, or physical for code that runs at its physical address
-- column: shift program counter minus address of the symbols: the KASLR offset of range kernel
-- column: origin listed (0), given, or deduced
-- column: confidence certain, likely or possible
-- column: counters distinct program counters of the range
-- column: named of those, in a function of the table
-- column: fitting of those, in a function whose name fits what it did
-- column: next_fitting as many fit at the next best shift
SELECT
  path,
  symbols,
  iif(is_low, 'physical', 'kernel') AS "range",
  iif(shift < 0, printf('-0x%x', -shift), printf('0x%x', shift)) AS shift,
  origin,
  confidence,
  counters,
  named,
  fitting,
  next_fitting
FROM symbol_source
ORDER BY id;

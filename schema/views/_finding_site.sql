-- Where a finding comes from, as reports print it: the function and offset, the program counter where no symbol names it, or what did the store and in
-- which task where the trace does not tell the program counter.
CREATE VIEW _finding_site AS
SELECT
  f.id,
  iif(f.pc IS NOT NULL, ifnull((SELECT text FROM _pc WHERE pc = f.pc), printf('0x%016x', f.pc)),
    trim(ifnull((SELECT text FROM name WHERE id = f.how_id), '') || ' '
      || ifnull((SELECT comm FROM task WHERE id = f.task_id), ''))) AS site
FROM finding AS f;

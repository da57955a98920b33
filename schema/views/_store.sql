-- Stores to tables with the texts that reports print: time, task, site (the program counter, or what
-- did the store and in which task where the trace does not tell the program counter) and detail (what
-- did the store, and the program counter).
CREATE VIEW _store AS
SELECT
  w.seq,
  w.line,
  w.cpu,
  w.time_ns,
  w.pa,
  w.old,
  w.new,
  w.pc,
  w.how_id,
  w.task_id,
  iif((SELECT is_counter FROM _clock), w.time_ns,
    printf('%d.%09d', w.time_ns / 1000000000, w.time_ns % 1000000000)) AS time,
  (SELECT text FROM _task WHERE id = w.task_id) AS task,
  iif(w.pc IS NOT NULL,
    ifnull((SELECT text FROM _pc WHERE pc = w.pc), printf('0x%016x', w.pc)),
    trim(ifnull((SELECT text FROM name WHERE id = w.how_id), '') || ' '
      || ifnull((SELECT comm FROM task WHERE id = w.task_id), ''))) AS site,
  trim(ifnull((SELECT text FROM name WHERE id = w.how_id), '')
    || iif(w.pc IS NULL, '',
      ' pc=' || ifnull((SELECT text FROM _pc WHERE pc = w.pc), printf('0x%016x', w.pc)))) AS detail
FROM pgtable_write AS w;

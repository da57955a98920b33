-- The stores folded into a finding, by its number.
CREATE VIEW _finding_store AS
SELECT
  r.finding_id,
  s.id,
  s.seq,
  s.pa,
  s.va,
  s.old,
  s.new,
  s.stale_seq
FROM finding_run AS r
CROSS JOIN finding_store AS s ON s.id BETWEEN r.first_id AND r.last_id
WHERE +s.finding_id = r.finding_id; -- the sign keeps SQLite from making an index of all for one query

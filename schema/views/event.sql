-- Every event in one list: seq, line, time_ns, cpu, task, kind and a text that reads like the trace.
CREATE VIEW event AS
SELECT seq, line, time_ns, cpu, task_id, kind,
  before || ifnull((SELECT text FROM name WHERE id = name_id), '')
    || between_names || ifnull((SELECT text FROM name WHERE id = second_id), '') || after
    || ifnull((SELECT ' (' || text || ')' FROM _pc WHERE _pc.pc = _event_part.pc), '') AS text
FROM _event_part;

-- Made after the replay.
CREATE INDEX stale_record_pa ON stale_record (pa);
CREATE INDEX table_use_base ON table_use (base);
CREATE INDEX root_load_cpu ON root_load (cpu, half, seq);

-- The longest windows first: a report lists them all.
CREATE INDEX stale_record_window ON stale_record (complete_seq - break_seq DESC, id) WHERE complete_seq IS NOT NULL;

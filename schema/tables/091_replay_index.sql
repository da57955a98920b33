-- Made after the replay.
CREATE INDEX stale_run_page ON stale_run (page, first_id, last_id, entries);
CREATE INDEX table_use_base ON table_use (base);
CREATE INDEX root_load_cpu ON root_load (cpu, half, seq);

-- Made after the replay.
CREATE INDEX stale_record_pa ON stale_record (pa);
CREATE INDEX table_use_base ON table_use (base);
CREATE INDEX root_load_cpu ON root_load (cpu, half, seq);

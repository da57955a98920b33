-- Made after the import: filling a table without indexes and making them afterwards is faster.
CREATE INDEX store_run_page ON store_run (page, first_seq, last_seq, entries);
CREATE INDEX descriptor_known_pa ON descriptor_known (pa);
CREATE INDEX trace_run_line ON trace_run (trace_id, first_line);

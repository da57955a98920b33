-- Made after the import: filling a table without indexes and making them afterwards is faster.
CREATE INDEX store_run_page ON store_run (page, first_seq, last_seq, entries);
CREATE INDEX known_run_page ON known_run (page, first_seq, last_seq, entries);
CREATE INDEX trace_run_line ON trace_run (trace_id, first_line);

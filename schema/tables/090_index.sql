-- Made after the import: filling a table without indexes and making them afterwards is faster.
CREATE INDEX pgtable_write_pa ON pgtable_write (pa);
CREATE INDEX descriptor_known_pa ON descriptor_known (pa);
CREATE INDEX trace_run_line ON trace_run (trace_id, first_line);

-- title: The inputs of this database
-- summary: One row for each file, in the order given: pieces of one capture, or inputs that were
-- summary: merged by time, whose events lie between one another.
-- column: id 1, 2, ... in the order given
-- column: path as given; - for standard input
-- column: format name of the reader
-- column: compression none or gzip
-- column: sha256 of the bytes as read
-- column: size_bytes size of the decompressed source
-- column: line_count lines of the decompressed text, of a trace.dat those trace-cmd makes of it
-- column: events events of the vocabulary
-- column: first_seq sequence number of its first event
-- column: last_seq sequence number of its last event
-- column: clock time or counter
-- column: cpu_count CPUs named by the header or seen
-- column: overwritten_events events that the ring buffer lost by overwriting, empty when not told
-- column: clock_offset added to its times in a merge, as clock says: nanoseconds or ticks
-- column: cpu_offset added to its CPU numbers in a merge
-- column: is_damaged 1 when it could be read only in part
SELECT
  id,
  path,
  format,
  compression,
  sha256,
  size_bytes,
  line_count,
  event_count AS events,
  first_seq,
  last_seq,
  clock,
  cpu_count,
  entries_written - entries_in_buffer AS overwritten_events,
  clock_offset,
  cpu_offset,
  is_damaged
FROM trace
ORDER BY id;

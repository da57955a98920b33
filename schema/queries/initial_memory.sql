-- title: Images of memory that the trace began with
-- summary: What was taken from each file: the tables that roots of the trace lead to, as they
-- summary: were at its begin: rows of table_known with is_from_image, of descriptor_known with
-- summary: source 3.
-- report: no
-- column: path as given
-- column: address physical address of its first byte
-- column: size_bytes size of the file
-- column: tables tables found in it
-- column: descriptors values other than 0 taken from them
SELECT
  path,
  printf('0x%016x', address) AS address,
  size_bytes,
  tables,
  descriptors
FROM initial_memory
ORDER BY initial_memory.address;

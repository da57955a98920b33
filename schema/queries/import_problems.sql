-- title: Lines that could not be used as they were
-- summary: At most 1,000 lines of a kind are kept; problem_totals counts them all.
-- param: kind text NULL only this kind
-- param: severity severity NULL only this severity: error (something was lost), warning or info
-- column: path the trace
-- column: line line in the decompressed trace
-- column: kind kind of the problem
-- column: severity error, warning or info
-- column: detail what was expected and what was found
-- column: excerpt start of the line
SELECT
  t.path,
  p.line,
  p.kind,
  p.severity,
  p.detail,
  p.excerpt
FROM import_problem AS p
LEFT JOIN trace AS t ON t.id = p.trace_id
WHERE (@kind IS NULL OR p.kind = @kind)
  AND (@severity IS NULL OR p.severity = @severity)
ORDER BY p.trace_id, p.line, p.id;

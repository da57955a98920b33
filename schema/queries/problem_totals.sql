-- title: Import problems, counted by kind
-- summary: What each kind means and what to do about it.
-- column: kind kind of the problem
-- column: severity error, warning or info
-- column: count how many, those beyond the 1,000 kept included
-- column: help what it means and what to do
SELECT kind, severity, count, help
FROM problem_count
ORDER BY CASE severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, count DESC, kind;

-- title: Changes of descriptors, counted by class
-- summary: How often each class of change occurred, in tables that hardware may walk and in
-- summary: others, directly and by way of an invalid value, and whether the architecture asks
-- summary: for break-before-make.
-- column: class transition class T1..T30
-- column: description what changes
-- column: needs_bbm yes, size (FEAT_BBM levels relax it), no, or unlisted
-- column: live_direct live, from one value to the next
-- column: live_via_break live, by way of an invalid value
-- column: offline in tables that hardware cannot walk
WITH class_description (number, description, needs_bbm) AS (
  VALUES
    (1, 'make: invalid to valid', 'no'),
    (2, 'to or from a leaf whose access flag is 0', 'no'),
    (3, 'break: valid to invalid', 'no'),
    (4, 'rewrite: identical but for ignored bits', 'no'),
    (5, 'access flag set', 'no'),
    (6, 'access flag cleared', 'no'),
    (7, 'software bits only', 'no'),
    (8, 'permissions relaxed', 'no'),
    (9, 'permissions restricted', 'no'),
    (10, 'hierarchical table attributes', 'no'),
    (11, 'memory type: Device, Normal or kind of Device', 'yes'),
    (12, 'cacheability', 'yes'),
    (13, 'shareability', 'yes'),
    (14, 'non-global to global', 'yes'),
    (15, 'global to non-global', 'no'),
    (16, 'output address, old or new writable', 'yes'),
    (17, 'output address, both read-only, same content', 'no'),
    (18, 'output address, both read-only, other or unknown content', 'yes'),
    (19, 'output address space', 'yes'),
    (20, 'split: block to table, equal translations', 'size'),
    (21, 'fuse: table to block, equal translations', 'size'),
    (22, 'split or fuse with another change that needs break-before-make', 'yes'),
    (23, 'split or fuse with a change of permissions', 'size'),
    (24, 'table to another table, equal translations', 'unlisted'),
    (25, 'table to another table, some translation differs', 'yes'),
    (26, 'Contiguous bit', 'size'),
    (27, 'Contiguous bit with another change that needs break-before-make', 'yes'),
    (28, 'permissions of part of a contiguous group', 'no'),
    (29, 'nT bit of a block', 'no'),
    (30, 'XS, PBHA, GP or Tagged', 'unlisted')
),
counted AS (
  SELECT
    class,
    sum(iif(is_live = 1 AND via_break = 0, count, 0)) AS live_direct,
    sum(iif(is_live = 1 AND via_break = 1, count, 0)) AS live_via_break,
    sum(iif(is_live = 0, count, 0)) AS offline
  FROM transition_count
  GROUP BY class
)
SELECT
  'T' || d.number AS class,
  d.description,
  d.needs_bbm,
  ifnull(c.live_direct, 0) AS live_direct,
  ifnull(c.live_via_break, 0) AS live_via_break,
  ifnull(c.offline, 0) AS offline
FROM class_description AS d
LEFT JOIN counted AS c ON c.class = 'T' || d.number
ORDER BY d.number;

-- title: Overwritten values that a TLB may hold for an address at a moment
-- summary: Values removed at or before the moment and not completed by then, whose input range,
-- summary: or that of the contiguous group they stood in, covers the address.
-- param: va address required the input address
-- param: seq integer required sequence number of the moment
-- column: id number of the record
-- column: space_id number of the address space, empty when no root is known
-- column: level lookup level
-- column: pa physical address of the descriptor
-- column: va first input address the value translates
-- column: size_bytes input range it translates
-- column: group_bytes input range of its contiguous group, empty without the Contiguous bit
-- column: asid ASID, empty for a global entry or when not known
-- column: old the stale value
-- column: break_line line of the store that removed it
-- column: tlbi_line line of the TLBI that covered it, empty when none did by the moment
-- column: complete_line line of the event that completes it later, empty when none does
SELECT
  r.id,
  r.space_id,
  r.level,
  printf('0x%016x', r.pa) AS pa,
  printf('0x%016x', r.va) AS va,
  r.size_bytes,
  r.group_bytes,
  r.asid,
  printf('0x%016x', r.old) AS old,
  r.break_line,
  iif(r.tlbi_seq <= @seq, r.tlbi_line, NULL) AS tlbi_line,
  r.complete_line
FROM stale_record AS r
WHERE (r.va & ~(coalesce(r.group_bytes, r.size_bytes) - 1)) <= @va
  AND (r.va | (coalesce(r.group_bytes, r.size_bytes) - 1)) >= @va
  AND r.break_seq <= @seq
  AND (r.complete_seq IS NULL OR r.complete_seq > @seq)
ORDER BY r.level, r.break_seq, r.id;

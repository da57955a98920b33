-- title: How the events were replayed
-- summary: One row once the trace was replayed, none before.
-- column: events events replayed
-- column: bbm_level FEAT_BBM level assumed
-- column: granule_bytes translation granule, empty when not known
-- column: granule_source tcr, table, meta, inferred or assumed
-- column: final_compared pgtable_final values compared with the replayed state
-- column: final_differing of those, how many differ
-- column: final_unknown pgtable_final values whose descriptor replay does not know
-- column: undecided_writes stores of which liveness could not be told
-- column: policy what was asked of the trace, a JSON object of every setting
-- column: baseline the database whose findings count as known, empty for none
SELECT
  events,
  bbm_level,
  granule_bytes,
  granule_source,
  final_compared,
  final_differing,
  final_unknown,
  undecided_writes,
  policy,
  baseline
FROM replay
ORDER BY id;

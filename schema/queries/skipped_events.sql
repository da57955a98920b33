-- title: Events that were read but are not part of the vocabulary
-- summary: Counted, not stored.
-- column: event name of the event
-- column: count how many
-- column: first_line line of the first
SELECT event, count, first_line
FROM skipped_event
ORDER BY count DESC, event;

-- The program counters of all events, each once, with what they did: the register written, or tlbi, barrier, store.
CREATE VIEW _program_counter AS
SELECT pc, 'store' AS kind FROM pgtable_write WHERE pc IS NOT NULL
UNION
SELECT pc, 'tlbi' FROM tlbi WHERE pc IS NOT NULL
UNION
SELECT pc, 'barrier' FROM barrier WHERE pc IS NOT NULL
UNION
SELECT w.pc, n.text FROM sysreg_write AS w JOIN name AS n ON n.id = w.register_id WHERE w.pc IS NOT NULL;

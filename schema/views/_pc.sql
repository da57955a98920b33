-- Program counters with a name: function+0x1c, and the module as the kernel prints it.
CREATE VIEW _pc AS
SELECT pc, symbol || printf('+0x%x', offset_bytes) || iif(module = '', '', ' [' || module || ']') AS text
FROM pc_symbol;

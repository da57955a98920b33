-- One row: how time_ns is to be printed. Pieces of one capture share a clock.
CREATE VIEW _clock AS
SELECT EXISTS (SELECT 1 FROM trace WHERE clock = 'counter') AS is_counter;

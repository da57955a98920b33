using Dapper;
using TraceReplay.Store;

namespace TraceReplay.Tests.Report;

/// <summary>A database filled by hand, small enough to know every row of every query. Line = sequence number + 10.</summary>
internal static class SampleDatabase
{
    public static TraceDatabase Create(string path, string clock = "time")
    {
        var database = TraceDatabase.Create(path);
        foreach (var script in new[] { Names, Events, Replayed, Found })
        {
            database.Connection.Execute(script);
        }

        database.Connection.Execute("UPDATE trace SET clock = @clock", new { clock });
        database.CreateIndexes("090_index");
        database.CreateIndexes("091_replay_index");
        database.Seal();
        return database;
    }

    /// <summary>Makes the file and closes it.</summary>
    public static string CreateFile(string path)
    {
        Create(path).Dispose();
        return path;
    }

    private const string Names = """
        INSERT INTO trace VALUES (1, 'sample.trace', 'ftrace', 'none', 'abcd', 4096, 60, 1, 32, 32, 'time', NULL, NULL, 2, 32, 40, 0, 9, 0, 1, 1, NULL, 1, 1, '', 0);
        INSERT INTO trace_run VALUES (1, 1, 1);
        INSERT INTO initial_memory VALUES ('ram.bin', 0x40000000, 65536, 3, 7);
        INSERT INTO name VALUES (0, ''), (1, 'set_pte'), (2, 'dsb ishst'), (3, 'dsb ish'), (4, 'vale1is'), (5, 'ttbr0_el1'),
          (6, 'unmapped'), (7, 'granule'), (8, '4k'), (9, 'say "hi", twice'), (10, 'vmalle1is'), (11, 'cmpxchg'), (12, 'ttbr1_el1');
        INSERT INTO task VALUES (0, '', -1), (1, 'init', 1), (2, 'kworker/0:1', 12), (3, '<idle>', 0);
        INSERT INTO skipped_event VALUES ('irq_handler_entry', 12, 3), ('sys_enter', 40, 5);
        INSERT INTO import_problem VALUES (1, 1, 9, 'optional-value-ignored', 'warning', 'expected pa=', 'pgtable_write: level=3');
        INSERT INTO problem_count VALUES ('optional-value-ignored', 'warning', 1, 'a key is missing'), ('long-line', 'info', 2, 'a line is long');
        INSERT INTO symbol_source VALUES (1, 'System.map', 57705, 0, 0x200000, 'deduced', 'likely', 9, 1, 8, 2);
        INSERT INTO pc_symbol VALUES (0xffff800080000070, 'flush_tlb_page', 'mm', 0x10);
        """;

    // A tree of four tables under TTBR0 with ASID 7; entries 5, 6 and 16 of the level-3 table and entry 1 of the level-2 table change.
    private const string Events = """
        INSERT INTO table_known VALUES (1, 11, 1000000001, 0, 1, 0x40000000, 0, 512, 0, NULL, 4096, 0),
          (4, 14, 1000000004, 0, 1, 0x40001000, 1, 512, NULL, 0x40000000, NULL, 0);
        INSERT INTO machine_fact VALUES (2, 12, 1000000002, 0, 1, 7, 8);
        INSERT INTO sysreg_write VALUES (3, 13, 1000000003, 0, 1, 5, 0x0007000040000000, NULL),
          (30, 40, 1000000030, 1, 3, 12, 0x41000000, 0xffff800080000100);
        INSERT INTO descriptor_known VALUES (5, 15, 1000000005, 0, 1, 0, 0x40000000, 0x40001003, NULL, 0),
          (28, 38, 1000000028, 1, 3, 1, 0x40003030, 0x00600000503004c3, 0x00600000503000c3, 3),
          (29, 39, 1000000029, 0, 0, 2, 0x40003028, 0x0060000051000f43, NULL, 3);
        INSERT INTO pgtable_write VALUES
          (6, 16, 1000000006, 0, 1, 0x40001000, 0x40002003, 0, 1, NULL, 8, 1, 0xffff800080000010),
          (7, 17, 1000000007, 0, 1, 0x40002000, 0x40003003, 0, 2, NULL, 8, 1, 0xffff800080000010),
          (8, 18, 1000000008, 0, 1, 0x40003028, 0x0060000050000f43, 0, 3, NULL, 8, 1, NULL),
          (9, 19, 1000000009, 0, 1, 0x40003028, 0, 0x0060000050000f43, 3, NULL, 8, 11, NULL),
          (13, 23, 1000000013, 1, 2, 0x40003028, 0x0060000051000f43, 0, 3, NULL, 8, 1, NULL),
          (14, 24, 1000000014, 0, 1, 0x40003030, 0x0060000050300f43, 0, 3, NULL, 8, 1, NULL),
          (15, 25, 1000000015, 0, 1, 0x40003030, 0x00600000503000c3, 0x0060000050300f43, 3, NULL, 8, 1, 0xffff800080000020),
          (19, 29, 1000000019, 0, 1, 0x40002008, 0x0060000052000f41, 0, 2, NULL, 8, 1, NULL),
          (20, 30, 1000000020, 0, 1, 0x40002008, 0x40004003, 0x0060000052000f41, 2, NULL, 8, 1, 0xffff800080000030),
          (21, 31, 1000000021, 0, 1, 0x40003080, 0x0060000053000f43, 0x0070000053000f43, 3, NULL, 8, 1, 0xffff800080000040),
          (22, 32, 1000000022, 0, 1, 0x40003088, 0x0070000053001f43, 0x0060000053001f43, 3, NULL, 8, 1, 0xffff800080000040),
          (31, 41, 1000000031, 0, 1, 0x40003090, 0x00700000530020c3, 0x0070000053002f43, 3, NULL, 8, 1, 0xffff800080000050);
        INSERT INTO barrier VALUES (10, 20, 1000000010, 0, 1, 2, NULL), (12, 22, 1000000012, 0, 1, 3, NULL),
          (16, 26, 1000000016, 0, 1, 2, NULL), (18, 28, 1000000018, 0, 1, 3, 0xffff800080000060);
        INSERT INTO tlbi VALUES (11, 21, 1000000011, 0, 1, 4, 0x0009000000000005, NULL),
          (17, 27, 1000000017, 0, 1, 4, 0x0007000000000006, 0xffff800080000070);
        INSERT INTO context_switch VALUES (23, 33, 1000000023, 1, 3, 0, 12);
        INSERT INTO lost_events VALUES (24, 34, 1000000023, 1, 0, NULL);
        INSERT INTO page_allocation VALUES (25, 35, 1000000025, 0, 1, 0, 0x40004, 0), (32, 42, 1000000032, 0, 1, 1, 0x40005, 1);
        INSERT INTO marker VALUES (26, 36, 1000000026, 0, 1, 9);
        INSERT INTO table_gone VALUES (27, 37, 1000000027, 0, 1, 1, 0x40004000, 3, 6);
        INSERT INTO event_count SELECT kind, cpu, count(*) FROM event GROUP BY kind, cpu;
        INSERT INTO known_run SELECT pa >> 12, min(seq), max(seq), -1 FROM descriptor_known GROUP BY pa >> 12;
        INSERT INTO store_run SELECT pa >> 12, min(seq), max(seq), -1 FROM pgtable_write GROUP BY pa >> 12;
        """;

    private const string Replayed = """
        INSERT INTO replay VALUES (1, 0, 4096, 'table', 1, 0, 2, 32, 3, '{"name": "linux-6.12", "strict-cont": true}', NULL);
        INSERT INTO address_space VALUES (1, 0x40000000, 'EL1&0', 0, 0, 512, 4096, 1, 1, 3),
          (2, 0x41000000, 'EL1&0', 1, NULL, NULL, NULL, 1, 30, 30);
        INSERT INTO root_load VALUES (3, 0, 0, 1, 7), (30, 1, 1, 2, NULL);
        INSERT INTO table_use VALUES (1, 1, 0x40000000, 0, 512, 0, NULL, 1, NULL), (2, 1, 0x40001000, 1, 512, 0, 0x40000000, 4, NULL),
          (3, 1, 0x40002000, 2, 512, 0, 0x40001000, 6, NULL), (4, 1, 0x40003000, 3, 512, 0, 0x40002000, 7, NULL),
          (5, 1, 0x40004000, 3, 512, 0x200000, 0x40002008, 20, 27), (6, NULL, 0x40009000, 3, 512, NULL, NULL, 20, NULL);
        INSERT INTO stale_record VALUES
          (1, 9, 0x40003028, 3, 1, 0x5000, 4096, NULL, 7, 0x0060000050000f43, 0, 'T16', NULL, NULL, 19, NULL, NULL, NULL),
          (2, 15, 0x40003030, 3, 1, 0x6000, 4096, NULL, 7, 0x0060000050300f43, 0x00600000503000c3, 'T9', 17, 18, 25, 27, 28, 3),
          (3, 20, 0x40002008, 2, 1, 0x200000, 0x200000, NULL, 7, 0x0060000052000f41, 0x40004003, 'T20', NULL, NULL, 30, NULL, NULL, NULL);
        INSERT INTO stale_run SELECT pa >> 12, min(id), max(id), -1 FROM stale_record GROUP BY pa >> 12;
        INSERT INTO transition VALUES
          (13, 1, 'T16', 1, 1, 0x40003028, 3, 0x5000, 0x0060000050000f43, 0x0060000051000f43, 1, 1, 'brk-tlbi-asid', NULL),
          (15, 1, 'T9', 1, 0, 0x40003030, 3, 0x6000, 0x0060000050300f43, 0x00600000503000c3, 2, NULL, 'allowed', 'safe'),
          (20, 1, 'T20', 1, 0, 0x40002008, 2, 0x200000, 0x0060000052000f41, 0x40004003, 3, 2, 'bbm-block-to-table', NULL),
          (21, 1, 'T26', 1, 0, 0x40003080, 3, 0x10000, 0x0070000053000f43, 0x0060000053000f43, NULL, 3, 'bbm-cont-change', 'unsafe'),
          (22, 1, 'T26', 1, 1, 0x40003088, 3, 0x11000, 0x0060000053001f43, 0x0070000053001f43, NULL, NULL, 'completed', NULL),
          (31, 1, 'T28', 1, 0, 0x40003090, 3, 0x12000, 0x0070000053002f43, 0x00700000530020c3, NULL, NULL, 'allowed', 'unsafe');
        INSERT INTO transition_count VALUES ('T1', 1, 0, 5), ('T16', 1, 1, 1), ('T20', 1, 0, 1), ('T20', 0, 0, 4);
        INSERT INTO tlbi_site VALUES (4, 0, 1, 0, 0, 0, 11), (4, 0xffff800080000070, 1, 1, 1, 0, 17);
        INSERT INTO kernel_run VALUES
          (1, 'map', 0xffff800080000000, 0xffff800080010000, 6, 7, 16, 0, 1),
          (2, 'permission', 0xffff800080000000, 0xffff800080010000, 8, 8, 16, 0, 1),
          (3, 'permission', 0xffff800080002000, 0xffff800080004000, 9, 13, 2, 0, 1),
          (4, 'split', 0xffff800080008000, 0xffff800080010000, 14, 14, 8, 0, 2),
          (5, 'unmap', 0xffff800080000000, 0xffff800080010000, 15, 15, 16, 0, 1),
          (6, 'permission', 0xffff800080002000, 0xffff800080004000, 19, 20, 2, 0, 1);
        INSERT INTO root_swap VALUES (1, 30, 1, 1, 2, 3, 0, 1536, 1, 0, 32);
        """;

    private const string Found = """
        INSERT INTO rule VALUES ('brk-tlbi-asid', 'TLBI for another ASID', 'error', 'R_VMSWQ', 'Why.', 'When.'),
          ('bbm-block-to-table', 'Block replaced by a table', 'error', 'R_WHZWS R_KFLJB', 'Why.', 'When.'),
          ('bbm-cont-change', 'Contiguous bit changed', 'warning', 'R_QTRPM', 'Why.', 'When.'),
          ('cont-partial-set', 'Group half contiguous', 'error', 'R_QTRPM', 'Why.', 'When.'),
          ('table-copy-stale', 'Stale copy', 'error', '', 'Why.', 'When.'),
          ('pending-at-end', 'Never completed', 'info', 'R_DDMVT', 'Why.', 'When.');
        INSERT INTO finding (
          id, rule, severity, confidence, tag, seq, line, time_ns, cpu, task_id, pa, level, va, asid, space_id, old, new,
          old_decoded, new_decoded, difference, stale_seq, stale_line, tlbi_seq, tlbi_line, tlbi_why, barrier_seq, barrier_line,
          barrier_why, count, pc, how_id, summary, waiver_id, is_known)
        VALUES
          (1, 'brk-tlbi-asid', 'error', 'certain', '', 13, 23, 1000000013, 1, 2, 0x40003028, 3, 0x5000, 7, 1,
            0x0060000050000f43, 0x0060000051000f43, 'page A', 'page B', 'output address', 9, 19, 11, 21, 'ASID 9, not 7',
            12, 22, '', 2, NULL, 1, 'a page was replaced, and the TLBI was for another ASID', NULL, 0),
          (2, 'bbm-block-to-table', 'error', 'likely', 'linux-tolerated', 20, 30, 1000000020, 0, 1, 0x40002008, 2, 0x200000, 7, 1,
            0x0060000052000f41, 0x40004003, 'block', 'table', 'size', 20, 30, NULL, NULL, '',
            NULL, NULL, '', 1, 0xffff800080000030, 1, 'a live block was replaced by a table', NULL, 0),
          (3, 'bbm-cont-change', 'warning', 'certain', '', 21, 31, 1000000021, 0, 1, 0x40003080, 3, 0x10000, NULL, 1,
            0x0070000053000f43, 0x0060000053000f43, 'page, contiguous', 'page', 'Contiguous', NULL, NULL, NULL, NULL, '',
            NULL, NULL, '', 16, 0xffff800080000040, 1, 'the Contiguous bit of a live entry was cleared', NULL, 0),
          (4, 'bbm-cont-change', 'warning', 'certain', '', 22, 32, 1000000022, 0, 1, 0x40003088, 3, 0x11000, NULL, 1,
            NULL, NULL, '', '', '', NULL, NULL, NULL, NULL, '', NULL, NULL, '', 1, 0xffff800080000040, 1, 'again', NULL, 0),
          (5, 'cont-partial-set', 'error', 'unknown', '', 22, 32, 1000000022, 0, 1, 0x40003088, NULL, NULL, NULL, NULL,
            NULL, NULL, '', '', '', NULL, NULL, NULL, NULL, '', NULL, NULL, '', 1, NULL, 0, 'perhaps', NULL, 0),
          (6, 'table-copy-stale', 'error', 'certain', '', 30, 40, 1000000030, 1, 3, 0x41000000, 0, NULL, NULL, 2,
            0x1, 0x2, '', '', '', NULL, NULL, NULL, NULL, '', NULL, NULL, '', 1, 0xffff800080000100, 0, 'a copy misses a store', NULL, 0),
          (7, 'pending-at-end', 'info', 'certain', '', 32, 42, 1000000032, 0, 1, 0x40003000, 3, NULL, NULL, 1,
            NULL, NULL, '', '', '', NULL, NULL, NULL, NULL, '', NULL, NULL, '', 1, NULL, 0, 'not completed', NULL, 0);
        INSERT INTO finding_store VALUES (1, 1, 13, 0x40003028, 0x5000, 0x0060000050000f43, 0x0060000051000f43, 9),
          (2, 1, 14, 0x40003030, 0x6000, NULL, 0x0060000050300f43, NULL);
        INSERT INTO finding_run VALUES (1, 1, 2);
        """;
}

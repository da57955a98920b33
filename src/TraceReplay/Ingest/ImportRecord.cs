using Microsoft.Data.Sqlite;
using TraceReplay.Events;
using TraceReplay.Ingest.Images;
using TraceReplay.Store;

namespace TraceReplay.Ingest;

/// <summary>Writes what an import tells about itself: its sources, problems and skipped events.</summary>
internal static class ImportRecord
{
    /// <summary>Writes the row of one source.</summary>
    public static void WriteTrace(SqliteConnection connection, int id, SourceSummary source, TraceFacts facts)
    {
        var text = source.Text;
        using var row = new RowInserter(connection.Handle!, "trace",
            "id, path, format, compression, sha256, size_bytes, line_count, first_seq, last_seq, event_count, clock, clock_offset, cpu_offset, cpu_count, " +
            "entries_in_buffer, entries_written, page_address_bits, page_descriptor_count, lowest_level, " +
            "has_tables, has_roots, first_hcr, has_barriers, has_tlbis, stage2_vmids, is_damaged", 26);
        row.Row().Add(id).Add(source.Path).Add(source.Format).Add(source.Compression).Add(source.Sha256)
            .Add(text.SizeBytes).Add(text.LineCount).Add(source.FirstSeq).Add(source.LastSeq).Add(source.EventCount)
            .Add(facts.Clock == TraceClock.Counter ? "counter" : "time").Add(source.Shift?.ClockOffset).Add(source.Shift?.CpuOffset).Add(facts.CpuCount)
            .Add(text.EntriesInBuffer).Add(text.EntriesWritten)
            .Add(facts.PageAddressBits).Add(facts.PageDescriptorCount).Add(facts.LowestLevel)
            .Add(facts.HasTables).Add(facts.HasRoots).Add(facts.HypervisorConfiguration).Add(facts.HasBarriers).Add(facts.HasTlbis)
            .Add(facts.Stage2Vmids).Add(text.IsDamaged)
            .Insert();
        row.Flush();
    }

    /// <summary>Writes problems, their totals and the events that were passed over.</summary>
    public static void WriteProblems(SqliteConnection connection, ImportProblems problems, SkippedEvents skipped)
    {
        using var problem = new RowInserter(connection.Handle!, "import_problem", "trace_id, line, kind, severity, detail, excerpt", 6);
        foreach (var kept in problems.Kept)
        {
            problem.Row().Add(kept.TraceId).Add(kept.Line).Add(kept.Kind.Name).Add(Text(kept.Kind.Severity)).Add(kept.Detail)
                .Add(kept.Excerpt).Insert();
        }

        problem.Flush();

        using var total = new RowInserter(connection.Handle!, "problem_count", "kind, severity, count, help", 4);
        foreach (var kind in ImportProblems.Kinds.Where(kind => problems.Count(kind) > 0))
        {
            total.Row().Add(kind.Name).Add(Text(kind.Severity)).Add(problems.Count(kind)).Add(kind.Help).Insert();
        }

        total.Flush();

        using var name = new RowInserter(connection.Handle!, "skipped_event", "event, count, first_line", 3);
        foreach (var entry in skipped.All)
        {
            name.Row().Add(entry.Event).Add(entry.Count).Add(entry.FirstLine).Insert();
        }

        name.Flush();
    }

    /// <summary>Writes the names and tasks that the events refer to.</summary>
    public static void WriteNames(SqliteConnection connection, NameTable names)
    {
        using var name = new RowInserter(connection.Handle!, "name", "id, text", 2);
        for (var id = 0; id < names.NameCount; id++)
        {
            name.Row().Add(id).Add(names.Name(id)).Insert();
        }

        name.Flush();
        using var task = new RowInserter(connection.Handle!, "task", "id, comm, pid", 3);
        for (var id = 0; id < names.TaskCount; id++)
        {
            var identity = names.Task(id);
            task.Row().Add(id).Add(identity.Comm).Add(identity.Pid).Insert();
        }

        task.Flush();
    }

    /// <summary>Writes the files of an image of memory.</summary>
    public static void WriteImage(SqliteConnection connection, IEnumerable<(MemoryFile File, long Bytes, long Tables, long Descriptors)> files)
    {
        using var row = new RowInserter(connection.Handle!, "initial_memory", "path, address, size_bytes, tables, descriptors", 5);
        foreach (var (file, bytes, tables, descriptors) in files)
        {
            row.Row().Add(file.Path).Add(file.Address).Add(bytes).Add(tables).Add(descriptors).Insert();
        }

        row.Flush();
    }

    /// <summary>Writes one fact about the database itself.</summary>
    public static void WriteMeta(SqliteConnection connection, string key, string value)
    {
        using var row = new RowInserter(connection.Handle!, "meta", "key, value", 2);
        row.Row().Add(key).Add(value).Insert();
        row.Flush();
    }

    private static string Text(ProblemSeverity severity) => severity switch
    {
        ProblemSeverity.Info => "info",
        ProblemSeverity.Warning => "warning",
        _ => "error",
    };
}

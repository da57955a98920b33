namespace TraceReplay.Ingest.TraceDat;

/// <summary>Version 6: one thing after the other, in an order that does not change.</summary>
internal static class SequentialLayout
{
    /// <summary>What is told of a buffer that holds no records.</summary>
    public const string LatencyText = "made by a latency tracer: it holds text. Run 'trace-cmd report' on it";

    private const int MarkBytes = 10;

    /// <summary>Reads from behind the page size to where the records start.</summary>
    /// <exception cref="TraceDatException">The file is damaged before its records.</exception>
    public static void Read(TraceDatFile file, ByteCursor cursor)
    {
        file.ReadHeaderInfo(cursor);
        file.ReadFtraceFormats(cursor);
        file.ReadEventFormats(cursor);
        file.ReadSymbols(cursor);
        file.ReadPrintkFormats(cursor);
        file.ReadCommands(cursor);
        var cpus = cursor.U32("the number of CPUs");
        file.CpuCount = CheckCpus(cpus, cursor.FileOffset - 4);
        List<(string Name, long Offset)> instances = [];
        ReadMark(file, cursor, instances);
        file.Buffers.Add(ReadCpus(file, cursor, "", file.CpuCount));
        ReadClock(file, cursor);
        foreach (var (name, offset) in instances)
        {
            ReadInstance(file, name, offset);
        }
    }

    // 'options  ' with options, then 'flyrecord' with records or 'latency  ' with a text.
    private static void ReadMark(TraceDatFile file, ByteCursor cursor, List<(string Name, long Offset)>? instances)
    {
        var offset = cursor.FileOffset;
        var mark = cursor.Block(MarkBytes, "the kind of the records");
        if (mark.AsSpan().StartsWith("options"u8))
        {
            ReadOptions(file, cursor, instances);
            offset = cursor.FileOffset;
            mark = cursor.Block(MarkBytes, "the kind of the records");
        }

        if (mark.AsSpan().StartsWith("latency"u8))
        {
            throw new TraceDatException(offset, LatencyText);
        }

        if (!mark.AsSpan().StartsWith("flyrecord"u8))
        {
            throw new TraceDatException(offset, $"expected options, flyrecord or latency, found '{ImportProblems.Quote(mark)}'");
        }
    }

    // Without a list of instances: those of an instance itself, which repeat the file's.
    private static void ReadOptions(TraceDatFile file, ByteCursor cursor, List<(string Name, long Offset)>? instances)
    {
        while ((TraceDatOption)cursor.U16("an option") is var option && option != TraceDatOption.Done)
        {
            var size = cursor.U32("the size of an option");
            var offset = cursor.FileOffset;
            var data = cursor.Block(size, "an option");
            if (instances is null)
            {
                continue;
            }

            if (option == TraceDatOption.Buffer)
            {
                var buffer = new ByteCursor(new SectionBytes(data, offset), 0, file.Order);
                var start = buffer.U64("the offset of a buffer");
                instances.Add((buffer.Text("the name of a buffer"), (long)start));
            }
            else
            {
                CommonOptions.Apply(file, option, data, offset);
            }
        }
    }

    private static TraceDatBuffer ReadCpus(TraceDatFile file, ByteCursor cursor, string name, int cpus)
    {
        List<CpuData> data = [];
        for (var cpu = 0; cpu < cpus; cpu++)
        {
            var offset = cursor.U64("the table of CPUs");
            var size = cursor.U64("the table of CPUs");
            if (offset > long.MaxValue || size > long.MaxValue)
            {
                throw new TraceDatException(cursor.FileOffset - 16, $"CPU {cpu} has {size} bytes at {offset}; expected 63 bits");
            }

            data.Add(new CpuData(cpu, (long)offset, (long)size));
        }

        return new TraceDatBuffer(name, file.SubBufferBytes, IsCompressed: false, data);
    }

    // Stands behind the table where the options have a clock; the one there is the same.
    private static void ReadClock(TraceDatFile file, ByteCursor cursor)
    {
        if (file.Clock is not null)
        {
            try
            {
                var text = cursor.Block(cursor.U64("the clock"), "the clock");
                file.SetClock(System.Text.Encoding.UTF8.GetString(text));
            }
            catch (TraceDatException e)
            {
                file.ReportDamage(e.Message);
            }
        }
    }

    private static void ReadInstance(TraceDatFile file, string name, long offset)
    {
        try
        {
            var cursor = new ByteCursor(file.Bytes, offset, file.Order);
            ReadMark(file, cursor, instances: null);
            file.Buffers.Add(ReadCpus(file, cursor, name, file.CpuCount));
        }
        catch (TraceDatException e)
        {
            file.ReportDamage($"buffer '{ImportProblems.Printable(name)}': {e.Message}");
        }
    }

    private static int CheckCpus(uint cpus, long offset) => cpus <= FtraceLineTokenizer.HighestCpu + 1
        ? (int)cpus
        : throw new TraceDatException(offset, $"{cpus} CPUs; expected at most {FtraceLineTokenizer.HighestCpu + 1}");
}

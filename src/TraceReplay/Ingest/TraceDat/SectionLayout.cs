namespace TraceReplay.Ingest.TraceDat;

/// <summary>Version 7: sections in any order, which may be compressed, found by options.</summary>
internal static class SectionLayout
{
    private const ushort Compressed = 1;

    private const int HeaderBytes = 16;

    // More are damage: trace-cmd writes two.
    private const int MostOptionSections = 64;

    private readonly record struct Section(TraceDatOption Id, bool IsCompressed, long Content, long Bytes);

    /// <summary>Reads from behind the page size: the compression, the options, and all sections but those of records.</summary>
    /// <exception cref="TraceDatException">It is damaged so that no record can be found.</exception>
    public static void Read(TraceDatFile file, ByteCursor cursor)
    {
        var at = cursor.FileOffset;
        var name = cursor.Text("the name of the compression");
        cursor.Text("the version of the compression");
        file.Compression = SectionCompression.Find(name, at);
        var options = cursor.U64("the offset of the options");
        var first = cursor.Position;

        var contents = new SortedDictionary<TraceDatOption, long>();
        try
        {
            ReadOptions(file, (long)Math.Min(options, long.MaxValue), contents, follow: true);
        }
        catch (TraceDatException e)
        {
            file.ReportDamage(e.Message);
        }

        if (file.Buffers.Count == 0 && contents.TryGetValue(TraceDatOption.BufferText, out var text))
        {
            throw new TraceDatException(text, SequentialLayout.LatencyText);
        }

        if (file.Buffers.Count == 0)
        {
            SearchSections(file, first, contents);
        }

        foreach (var (id, offset) in contents)
        {
            ReadContent(file, id, offset);
        }

        // The top's first, as trace-cmd has them; an empty name is the top's.
        file.Buffers.Sort((a, b) => (a.Name.Length > 0).CompareTo(b.Name.Length > 0));
        file.CpuCount = Math.Max(file.CpuCount, file.Buffers.SelectMany(buffer => buffer.Cpus).Select(data => data.Cpu + 1).DefaultIfEmpty().Max());
    }

    private static Section ReadHeader(TraceDatFile file, long offset)
    {
        var cursor = new ByteCursor(file.Bytes, offset, file.Order);
        var id = (TraceDatOption)cursor.U16("the header of a section");
        var flags = cursor.U16("the header of a section");
        cursor.U32("the header of a section");
        var size = cursor.U64("the header of a section");
        if ((flags & ~Compressed) != 0)
        {
            throw new TraceDatException(offset + 2, $"a section with flags 0x{flags:x}; expected 0 or 1");
        }

        return new Section(id, (flags & Compressed) != 0, offset + HeaderBytes, (long)Math.Min(size, long.MaxValue));
    }

    private static ByteCursor Open(TraceDatFile file, Section section)
    {
        var cursor = new ByteCursor(file.Bytes, section.Content, file.Order);
        if (!section.IsCompressed)
        {
            return cursor;
        }

        var compressedSize = cursor.U32("the size of a section");
        var size = cursor.U32("the size of a section");
        var compression = SectionCompression.Check(file.Compression, compressedSize, size, section.Content);
        var compressed = cursor.Block(compressedSize, "a section");
        var content = new byte[size];
        try
        {
            var written = compression.Decompress(compressed, content);
            return new ByteCursor(new SectionBytes(content.AsMemory(0, written), section.Content), 0, file.Order);
        }
        catch (InvalidDataException)
        {
            throw new TraceDatException(section.Content, "the compressed section is damaged");
        }
    }

    // Options sections are a chain: the last option of each tells the next.
    private static void ReadOptions(TraceDatFile file, long offset, SortedDictionary<TraceDatOption, long> contents, bool follow)
    {
        for (var count = 0; offset != 0; count++)
        {
            var section = ReadHeader(file, offset);
            if (section.Id != TraceDatOption.Done)
            {
                throw new TraceDatException(offset, $"expected a section of options (0), found one of kind {(int)section.Id}");
            }

            var cursor = Open(file, section);
            var next = ReadOptions(file, cursor, contents);
            offset = follow ? next : 0;
            if (count == MostOptionSections)
            {
                throw new TraceDatException(offset, "the sections of options have no end");
            }
        }
    }

    // The offset of the next section, or 0.
    private static long ReadOptions(TraceDatFile file, ByteCursor cursor, SortedDictionary<TraceDatOption, long> contents)
    {
        while (true)
        {
            var option = (TraceDatOption)cursor.U16("an option");
            var size = cursor.U32("the size of an option");
            var offset = cursor.FileOffset;
            var data = cursor.Block(size, "an option");
            var value = new ByteCursor(new SectionBytes(data, offset), 0, file.Order);
            switch (option)
            {
                case TraceDatOption.Done:
                    return (long)value.U64("the offset of the next options");
                case TraceDatOption.Buffer:
                    ReadBuffer(file, value);
                    break;
                case >= TraceDatOption.HeaderInfo and <= TraceDatOption.BufferText:
                    contents[option] = (long)value.U64("the offset of a section");
                    break;
                default:
                    CommonOptions.Apply(file, option, data, offset);
                    break;
            }
        }
    }

    private static void ReadBuffer(TraceDatFile file, ByteCursor option)
    {
        var isCompressed = IsCompressed(file, (long)option.U64("the offset of a buffer"));
        var name = option.Text("the name of a buffer");
        var clock = option.Text("the clock of a buffer");
        var page = option.U32("the page size of a buffer");
        var pageBytes = TraceDatFile.CheckPage(page, option.FileOffset - 4);
        var count = option.U32("the number of CPUs of a buffer");
        List<CpuData> cpus = [];
        for (var i = 0u; i < count; i++)
        {
            var cpu = option.U32("the CPUs of a buffer");
            var offset = option.U64("the CPUs of a buffer");
            var size = option.U64("the CPUs of a buffer");
            if (cpu > FtraceLineTokenizer.HighestCpu || offset > long.MaxValue || size > long.MaxValue)
            {
                file.ReportDamage($"buffer '{ImportProblems.Printable(name)}' has {size} bytes of CPU {cpu} at {offset}; expected a CPU of 0..{FtraceLineTokenizer.HighestCpu}");
                continue;
            }

            cpus.Add(new CpuData((int)cpu, (long)offset, (long)size));
        }

        file.Buffers.Add(new TraceDatBuffer(name, pageBytes, isCompressed, [.. cpus.OrderBy(data => data.Cpu)]) { Clock = clock.Length > 0 ? clock : null });
    }

    // The header of a buffer's section tells only this, and it is so in all sections of a file.
    private static bool IsCompressed(TraceDatFile file, long offset)
    {
        try
        {
            return ReadHeader(file, offset).IsCompressed;
        }
        catch (TraceDatException e)
        {
            file.ReportDamage(e.Message);
            return file.Compression is not null;
        }
    }

    private static void ReadContent(TraceDatFile file, TraceDatOption id, long offset)
    {
        try
        {
            var section = ReadHeader(file, offset);
            if (section.Id != id)
            {
                throw new TraceDatException(offset, $"expected a section of kind {(int)id}, found one of kind {(int)section.Id}");
            }

            var cursor = Open(file, section);
            switch (id)
            {
                case TraceDatOption.HeaderInfo:
                    file.ReadHeaderInfo(cursor);
                    break;
                case TraceDatOption.FtraceFormats:
                    file.ReadFtraceFormats(cursor);
                    break;
                case TraceDatOption.EventFormats:
                    file.ReadEventFormats(cursor);
                    break;
                case TraceDatOption.Symbols:
                    file.ReadSymbols(cursor);
                    break;
                case TraceDatOption.PrintkFormats:
                    file.ReadPrintkFormats(cursor);
                    break;
                case TraceDatOption.CommandLines:
                    file.ReadCommands(cursor);
                    break;
                case TraceDatOption.BufferText:
                    throw new TraceDatException(offset, SequentialLayout.LatencyText);
            }
        }
        catch (TraceDatException e)
        {
            file.ReportDamage(e.Message);
        }
    }

    // The options that tell the buffers are written last, so a file that was cut lacks them: its sections stand one behind the other.
    private static void SearchSections(TraceDatFile file, long offset, SortedDictionary<TraceDatOption, long> contents)
    {
        // The size of pages is needed before the others are read.
        if (contents.TryGetValue(TraceDatOption.HeaderInfo, out var header))
        {
            contents.Remove(TraceDatOption.HeaderInfo);
            ReadContent(file, TraceDatOption.HeaderInfo, header);
        }

        while (offset < file.Bytes.Length)
        {
            Section section;
            try
            {
                section = ReadHeader(file, offset);
                switch (section.Id)
                {
                    case TraceDatOption.Buffer:
                        file.Buffers.Add(SearchCpus(file, section));
                        break;
                    case TraceDatOption.Done when contents.Count == 0:
                        ReadOptions(file, offset, contents, follow: false);
                        break;
                    case >= TraceDatOption.HeaderInfo and <= TraceDatOption.CommandLines:
                        contents.TryAdd(section.Id, offset);
                        break;
                }
            }
            catch (TraceDatException)
            {
                break;
            }

            // None but a section that was not finished is empty; zeros look like one, too.
            if (section.Bytes == 0 || section.Bytes > file.Bytes.Length - section.Content)
            {
                break;
            }

            offset = section.Content + section.Bytes;
        }

        if (file.Buffers.Count == 0)
        {
            throw new TraceDatException(offset, "no buffer with records is found before here");
        }

        file.ReportDamage("the options that tell the buffers are missing: the records were searched, and CPUs numbered in the order found");
    }

    // The data of each CPU starts at a multiple of the page size.
    private static TraceDatBuffer SearchCpus(TraceDatFile file, Section section)
    {
        var end = section.Bytes == 0 || section.Bytes > file.Bytes.Length - section.Content ? file.Bytes.Length : section.Content + section.Bytes;
        var at = Align(section.Content, file.PageBytes);
        List<CpuData> cpus = [];
        while (at < end && cpus.Count <= FtraceLineTokenizer.HighestCpu)
        {
            var next = Math.Min(section.IsCompressed ? EndOfPieces(file, at, end) : EndOfPages(file, at, end), end);
            cpus.Add(new CpuData(cpus.Count, at, next - at));
            at = Align(next, file.PageBytes);
        }

        return new TraceDatBuffer("", file.SubBufferBytes, section.IsCompressed, cpus);
    }

    private static long EndOfPieces(TraceDatFile file, long at, long end)
    {
        try
        {
            var cursor = new ByteCursor(file.Bytes, at, file.Order);
            for (var count = cursor.U32("the number of pieces"); count > 0 && cursor.Position < end; count--)
            {
                var size = cursor.U32("the size of a piece");
                cursor.U32("the size of a piece");
                cursor.Position += size;
            }

            return cursor.Position;
        }
        catch (TraceDatException)
        {
            return end;
        }
    }

    // The pages of one CPU are in the order of time; where it goes back another CPU begins.
    private static long EndOfPages(TraceDatFile file, long at, long end)
    {
        var last = 0ul;
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        for (; at < end && file.Bytes.Read(at, bytes) == bytes.Length; at += file.SubBufferBytes)
        {
            var time = file.Order.U64(bytes);
            if (time < last)
            {
                return at;
            }

            last = time;
        }

        return end;
    }

    private static long Align(long offset, int page) => (offset + page - 1) / page * page;
}

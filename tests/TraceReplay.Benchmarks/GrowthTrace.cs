using System.Globalization;

namespace TraceReplay.Benchmarks;

/// <summary>Traces made to measure how time and memory grow: correct maps and unmaps, by as many CPUs and in as many spaces as told.</summary>
internal sealed class GrowthTrace : IDisposable
{
    private const int PagesPerTable = 512;
    private const ulong SpacesBase = 0x1_0000_0000;
    private const ulong SpaceBytes = 0x10_0000;
    private const ulong PendingBase = 0x1000_0000_0000;

    // Stage 1 of 48 bits and 4K pages, 16-bit ASIDs.
    private const ulong Control = 0x34_b510_3510;

    // A page: valid, user, inner shareable, accessed, non-global.
    private const ulong Page = 0x20_0000_5000_0f43;

    // Tables of a space, one below the other: levels 0 to 3.
    private const int Tables = 4;

    // How many pages a CPU maps and unmaps before it goes to the next space.
    private const int PagesPerTurn = 16;

    private readonly StreamWriter _output;
    private long _time;
    private long _events;

    private GrowthTrace(string path)
    {
        _output = new StreamWriter(path) { NewLine = "\n" };
        _output.WriteLine("# tracer: nop");
    }

    /// <summary>Writes a trace of about so many events; the records pending are made first and stay to the end.</summary>
    public static void Write(string path, long events, int cpus, int spaces, int pending)
    {
        using var trace = new GrowthTrace(path);
        trace.Start(cpus, spaces);
        trace.LeavePending(pending);
        for (var turn = 0L; trace._events < events; turn++)
        {
            trace.Turn((int)(turn % cpus), (int)(turn % spaces), turn);
        }
    }

    /// <summary>Writes so many pending records and then TLBIs that cover none of them: by address, by range and by ASID in turn.</summary>
    public static void WritePending(string path, int pending, int tlbis)
    {
        using var trace = new GrowthTrace(path);
        trace.Start(cpus: 2, spaces: 2);
        trace.LeavePending(pending);
        for (var i = 0; i < tlbis; i++)
        {
            // Above the pages that are pending: they begin at 2 MiB.
            var page = 0x4000_0000UL + (ulong)(i % 100_000);
            trace.Line(0, (i % 3) switch
            {
                0 => $"tlbi: op=vale1is arg=0x{(1UL << 48) | page:x}",
                1 => $"tlbi: op=rvale1is arg=0x{(1UL << 48) | (1UL << 46) | (3UL << 39) | page:x}",
                _ => $"tlbi: op=aside1is arg=0x{2UL << 48:x}",
            });
            if (i % 8 == 0)
            {
                trace.Line(0, "barrier: dsb ish");
            }
        }
    }

    /// <summary>Writes a text trace several times over, each time later than before.</summary>
    public static void Repeat(string source, int times, string path)
    {
        using var output = new StreamWriter(path) { NewLine = "\n" };
        var span = LastTime(source) + 1;
        for (var time = 0; time < times; time++)
        {
            foreach (var line in File.ReadLines(source))
            {
                var (start, end) = TimeOf(line);
                if (end == 0)
                {
                    output.WriteLine(line);
                    continue;
                }

                output.Write(line.AsSpan(0, start));
                output.Write((long.Parse(line.AsSpan(start, end - start), CultureInfo.InvariantCulture) + (time * span)).ToString(CultureInfo.InvariantCulture));
                output.WriteLine(line.AsSpan(end));
            }
        }
    }

    public void Dispose() => _output.Dispose();

    private static ulong Table(int space, int level) => SpacesBase + ((ulong)space * SpaceBytes) + ((ulong)level << 12);

    private void Start(int cpus, int spaces)
    {
        for (var cpu = 0; cpu < cpus; cpu++)
        {
            Line(cpu, $"sysreg_write: reg=tcr_el1 val=0x{Control:x}");
        }

        for (var space = 0; space < spaces; space++)
        {
            for (var level = 0; level < Tables; level++)
            {
                Line(0, $"pgtable_table: base=0x{Table(space, level):x} level={level}" + (level == 0 ? " root=0" : $" parent=0x{Table(space, level - 1):x}"));
                if (level > 0)
                {
                    Line(0, $"pgtable_entry: pa=0x{Table(space, level - 1):x} val=0x{Table(space, level) | 3:x} level={level - 1}");
                }
            }

            Load(0, space);
        }
    }

    // Pages that are unmapped and never invalidated, in tables of their own in space 0.
    private void LeavePending(int count)
    {
        Load(0, 0);
        for (var i = 0; i < count; i++)
        {
            var table = PendingBase + ((ulong)(i / PagesPerTable) << 12);
            if (i % PagesPerTable == 0)
            {
                var parent = Table(0, 2) + (8UL * (ulong)((i / PagesPerTable) + 1));
                Line(0, $"pgtable_table: base=0x{table:x} level=3 parent=0x{parent:x}");
                Line(0, $"pgtable_entry: pa=0x{parent:x} val=0x{table | 3:x} level=2");
            }

            var pa = table + (8UL * (ulong)(i % PagesPerTable));
            var value = Page + ((ulong)i << 12);
            Line(0, $"pgtable_write: level=3 pa=0x{pa:x} old=0x0 new=0x{value:x} how=set_pte");
            Line(0, $"pgtable_write: level=3 pa=0x{pa:x} old=0x{value:x} new=0x0 how=xchg");
        }
    }

    private void Turn(int cpu, int space, long turn)
    {
        Load(cpu, space);
        for (var i = 0; i < PagesPerTurn; i++)
        {
            var index = (ulong)((turn + i) % PagesPerTable);
            var pa = Table(space, Tables - 1) + (8 * index);
            var value = Page + ((ulong)(turn % 0x10000) << 12);
            Line(cpu, $"pgtable_write: level=3 pa=0x{pa:x} old=0x0 new=0x{value:x} how=set_pte");
            Line(cpu, "barrier: dsb ishst");
            Line(cpu, "barrier: isb");
            Line(cpu, $"pgtable_write: level=3 pa=0x{pa:x} old=0x{value:x} new=0x0 how=xchg");
            Line(cpu, "barrier: dsb ishst");
            Line(cpu, $"tlbi: op=vale1is arg=0x{(Asid(space) << 48) | index:x}");
            Line(cpu, "barrier: dsb ish");
        }
    }

    private void Load(int cpu, int space)
    {
        Line(cpu, $"sysreg_write: reg=ttbr0_el1 val=0x{(Asid(space) << 48) | Table(space, 0):x}");
        Line(cpu, "barrier: isb");
    }

    private static ulong Asid(int space) => (ulong)space + 1;

    private void Line(int cpu, string payload)
    {
        _events++;
        _time++;
        _output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"            init-1       [{cpu:d3}] .....     {_time / 1_000_000}.{_time % 1_000_000:d6}: {payload}"));
    }

    private static long LastTime(string path) => File.ReadLines(path).Max(line =>
        TimeOf(line) is var (start, end) && end > 0 ? long.Parse(line.AsSpan(start, end - start), CultureInfo.InvariantCulture) : 0);

    // The whole part of the time: digits behind the CPU column and flags, before a colon or a point.
    private static (int Start, int End) TimeOf(string line)
    {
        var bracket = line.StartsWith('#') ? -1 : line.IndexOf(']', StringComparison.Ordinal);
        if (bracket < 0)
        {
            return (0, 0);
        }

        var colon = line.IndexOf(": ", bracket, StringComparison.Ordinal);
        var start = colon < 0 ? -1 : line.LastIndexOf(' ', colon) + 1;
        if (start <= 0)
        {
            return (0, 0);
        }

        var point = line.IndexOf('.', start, colon - start);
        return (start, point < 0 ? colon : point);
    }
}

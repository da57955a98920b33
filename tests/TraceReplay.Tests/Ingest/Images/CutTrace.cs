using System.Runtime.InteropServices;
using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Ingest.Images;
using TraceReplay.Replay;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Ingest.Images;

/// <summary>
/// A capture cut in two: the lines behind the cut, before them the registers as a debugger reads them there, and the memory there, by
/// replay of what came before.
/// </summary>
internal sealed class CutTrace : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <param name="capture">Name of the capture.</param>
    /// <param name="cutLine">Last line, 1-based, of the part that is left out.</param>
    public CutTrace(string capture, int cutLine)
    {
        var before = _folder["before"];
        using (var text = new StreamWriter(before))
        {
            foreach (var line in CaptureFile.Lines(capture).Take(cutLine))
            {
                text.WriteLine(line);
            }
        }

        var names = new NameTable();
        var state = new CutState(names);
        TraceSource.Read(before, state, names, new ImportProblems());
        Memory = [.. WriteMemory(state)];
        Path = _folder["after"];
        using var after = new StreamWriter(Path);
        var isFirst = true;
        foreach (var line in CaptureFile.Lines(capture).Skip(cutLine).Where(line => !line.StartsWith('#')))
        {
            if (isFirst)
            {
                WriteRegisters(after, line, state);
                isFirst = false;
            }

            after.WriteLine(line);
        }
    }

    /// <summary>The trace behind the cut.</summary>
    public string Path { get; }

    /// <summary>The memory at the cut.</summary>
    public IReadOnlyList<MemoryFile> Memory { get; }

    public void Dispose() => _folder.Dispose();

    // The time of the first line, which may be in ticks or seconds.
    private static void WriteRegisters(StreamWriter text, string line, CutState state)
    {
        var time = line.AsSpan(0, line.IndexOf(": ", StringComparison.Ordinal));
        time = time[(time.LastIndexOf(' ') + 1)..];
        text.WriteLine("# tracer: nop");
        foreach (var ((cpu, register), value) in state.Registers.OrderBy(each => each.Key.Cpu).ThenBy(each => Order(each.Key.Register)))
        {
            text.WriteLine($"            cut-0       [{cpu:D3}] ..... {time}: sysreg_write: reg={register} val=0x{value:x}");
        }
    }

    private static int Order(string register) => register[..Math.Min(4, register.Length)] switch { "hcr_" => 0, "tcr_" or "vtcr" => 1, "ttbr" => 3, _ => 2 };

    private IEnumerable<MemoryFile> WriteMemory(CutState state)
    {
        // One sparse file from the lowest to the highest table.
        var first = state.Tables.Keys.Min() & ~0xffffful;
        using var file = new FileStream(_folder["memory"], FileMode.CreateNew);
        foreach (var (tableBase, entries) in state.Tables)
        {
            var values = Enumerable.Range(0, entries).Select(i => state.ValueAt(tableBase + ((ulong)i * 8)) ?? 0).ToArray();
            file.Position = (long)(tableBase - first);
            file.Write(MemoryMarshal.AsBytes(values.AsSpan()));
        }

        yield return new MemoryFile(_folder["memory"], first);
    }

    /// <summary>Registers, tables and memory where the cut is.</summary>
    private sealed class CutState(NameTable names) : IEventSink
    {
        private readonly ReplayEngine _engine = new(new TraceFacts { HasTables = true, HasRoots = true, HasBarriers = true, HasTlbis = true }, names, new ReplayOptions(), DiscardedRows.Instance);

        public Dictionary<(int Cpu, string Register), ulong> Registers { get; } = [];

        public Dictionary<ulong, int> Tables { get; } = [];

        public ulong? ValueAt(ulong pa) => _engine.ValueAt(pa);

        public void On(in PageTableWrite e) => _engine.On(e);

        public void On(in TlbiInstruction e) => _engine.On(e);

        public void On(in BarrierInstruction e) => _engine.On(e);

        public void On(in SystemRegisterWrite e)
        {
            Registers[(e.Header.Cpu, names.Name(e.Register))] = e.Value;
            _engine.On(e);
        }

        public void On(in TableKnown e)
        {
            Tables[e.Base] = Math.Max(Tables.GetValueOrDefault(e.Base), e.Entries ?? 512);
            _engine.On(e);
        }

        public void On(in DescriptorValueKnown e) => _engine.On(e);

        public void On(in TableGone e) => _engine.On(e);

        public void On(in MachineFact e) => _engine.On(e);

        public void On(in PageAllocation e) => _engine.On(e);

        public void On(in ContextSwitch e) => _engine.On(e);

        public void On(in LockOperation e) => _engine.On(e);

        public void On(in LockHint e) => _engine.On(e);

        public void On(in TlbEntry e) => _engine.On(e);

        public void On(in Marker e) => _engine.On(e);

        public void On(in LostEvents e) => _engine.On(e);
    }
}

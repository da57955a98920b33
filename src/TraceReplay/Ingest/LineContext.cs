using System.Globalization;
using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Ingest.Mapping;

namespace TraceReplay.Ingest;

/// <summary>The line being read, as the payload parsers see it: its header fields, and where events and faults go.</summary>
internal sealed class LineContext(ILinePosition lines, ReadSession session)
{
    private const ulong DescriptorBytes = 8;

    private readonly NameTable _names = session.Names;
    private readonly Dictionary<int, bool> _isTlbi = [];
    private readonly HashSet<int> _unknownRegisters = [];

    /// <summary>Nanoseconds or ticks.</summary>
    public long Time { get; set; }

    public int Cpu { get; set; }

    /// <summary>Id of the task.</summary>
    public int Task { get; set; }

    /// <summary>1-based number of the line.</summary>
    public long Line => lines.Number;

    /// <summary>True behind an event that is not of the vocabulary: its text may go on in a line below.</summary>
    public bool MayGoOn { get; set; }

    public IEventSink Sink { get; } = session.Sink;

    /// <summary>Sees the events first; null for a trace of the vocabulary alone.</summary>
    public EventHook? Hook { get; } = session.Survey?.Watch(session) ?? session.Mapping?.Start();

    /// <summary>Header of the next event: takes a sequence number, so it is called only for an event that is then sent.</summary>
    public EventHeader NextHeader() => new(session.NextSeq++, lines.Number, Time, Cpu, Task);

    /// <summary>Id of a name.</summary>
    public int Intern(ReadOnlySpan<byte> name) => _names.Intern(name);

    /// <summary>True when the name is a TLBI operation of the architecture.</summary>
    public bool IsTlbi(int name)
    {
        // Each name is looked up once: a trace has a million TLBIs of ten names.
        if (!_isTlbi.TryGetValue(name, out var isTlbi))
        {
            isTlbi = TlbiOperations.Find(_names.Name(name)) is not null;
            _isTlbi.Add(name, isTlbi);
        }

        return isTlbi;
    }

    /// <summary>Reports a register that is not of the vocabulary: a row for its first write, a count for each.</summary>
    public void ReportUnknownRegister(int register)
    {
        if (_unknownRegisters.Add(register))
        {
            Report(ImportProblems.UnknownRegister, $"reg={_names.Name(register)}: expected a translation register such as ttbr0_el1");
        }
        else
        {
            session.Problems.AddRepeat(ImportProblems.UnknownRegister);
        }
    }

    /// <summary>Reports an address that is not that of an 8-byte descriptor.</summary>
    public void CheckAligned(string key, ulong address)
    {
        if ((address & (DescriptorBytes - 1)) != 0)
        {
            Report(ImportProblems.UnalignedAddress, $"{key}=0x{address:x}: expected a multiple of {DescriptorBytes}");
        }
    }

    /// <summary>Counts an event that is not stored.</summary>
    public void Skip(ReadOnlySpan<byte> name) => session.Skipped.Add(name, lines.Number);

    /// <summary>Checks the time of a line against those before; all lines with a time pass here, in their order.</summary>
    /// <param name="time">Nanoseconds or ticks.</param>
    /// <param name="clock">Form of the time.</param>
    public void CheckTime(long time, TraceClock clock)
    {
        session.Clock ??= clock;
        if (clock != session.Clock)
        {
            Report(ImportProblems.ClockChanged, $"expected {Form(session.Clock.Value)}, found {Form(clock)}");
        }
        else if (time < session.LastTime && session.LastTime is { } last)
        {
            Report(ImportProblems.TimeBackwards, $"{last - time} {(clock == TraceClock.Counter ? "ticks" : "ns")} before the line above");
        }

        session.LastTime = time;
    }

    /// <summary>Reports lost events of a CPU, and sends the event that tells it.</summary>
    /// <param name="cpu">The CPU.</param>
    /// <param name="count">How many were lost, null when that is not known.</param>
    public void ReportLost(int cpu, long? count)
    {
        Report(ImportProblems.LostEvents, $"CPU {cpu} lost {count?.ToString(CultureInfo.InvariantCulture) ?? "an unknown number of"} events");
        SendLost(cpu, count);
    }

    /// <summary>Sends the event that tells that a CPU lost events.</summary>
    public void SendLost(int cpu, long? count)
    {
        Time = session.LastTime ?? 0;
        Cpu = cpu;
        Task = 0;
        Sink.On(new LostEvents(NextHeader(), count));
    }

    /// <summary>Reports a problem of the line. The text is made only for problems that are kept.</summary>
    public void Report(ProblemKind kind, FormattableString detail) =>
        session.Problems.Add(kind, lines.Number, session.Problems.IsKept(kind) ? FormattableString.Invariant(detail) : "", lines.Line);

    /// <summary>Reports that the event lacks a key.</summary>
    public void ReportMissing(string name, string keys) => Report(ImportProblems.MissingKey, $"{name}: expected {keys}");

    /// <summary>Reads a number without which the event means nothing; a fault is reported.</summary>
    public bool Required(string key, ReadOnlySpan<byte> text, out ulong value)
    {
        var result = TraceNumber.Parse(text, out value);
        return result == NumberResult.Ok || Fault(key, text, result, "a number");
    }

    /// <summary>Reads a bounded number without which the event means nothing; a fault is reported.</summary>
    public bool Required(string key, ReadOnlySpan<byte> text, int lowest, int highest, out int value)
    {
        var result = TraceNumber.ParseInt(text, lowest, highest, out value);
        return result == NumberResult.Ok || Fault(key, text, result, $"{lowest}..{highest}");
    }

    /// <summary>True, and a problem, when a key that may be there once was there before.</summary>
    public bool IsRepeated(string key, bool wasThere)
    {
        if (wasThere)
        {
            Report(ImportProblems.MalformedValue, $"{key}= is there more than once");
        }

        return wasThere;
    }

    /// <summary>Reads a number the event can do without; null, and a problem, when it cannot be read.</summary>
    public ulong? Optional(string key, ReadOnlySpan<byte> text)
    {
        var result = TraceNumber.Parse(text, out var value);
        if (result == NumberResult.Ok)
        {
            return value;
        }

        ReportLeftOut(key, text, result, "a number of 64 bits");
        return null;
    }

    /// <summary>Reads a bounded number the event can do without; null, and a problem, when it cannot be read.</summary>
    public int? Optional(string key, ReadOnlySpan<byte> text, int lowest, int highest)
    {
        var result = TraceNumber.ParseInt(text, lowest, highest, out var value);
        if (result == NumberResult.Ok)
        {
            return value;
        }

        ReportLeftOut(key, text, result, $"{lowest}..{highest}");
        return null;
    }

    /// <summary>Reports an optional value that is left out.</summary>
    public void ReportLeftOut(string key, ReadOnlySpan<byte> text, NumberResult result, string expected)
    {
        var kind = result == NumberResult.OutOfRange ? ImportProblems.NumberOutOfRange : ImportProblems.OptionalValueIgnored;
        var found = ImportProblems.Quote(text);
        Report(kind, $"{key}={found}: expected {expected}; the event was stored without it");
    }

    /// <summary>Reports a value that cannot be read; always false.</summary>
    public bool Malformed(string key, ReadOnlySpan<byte> text, string expected) => Fault(key, text, NumberResult.Malformed, expected);

    private static string Form(TraceClock clock) => clock == TraceClock.Time ? "seconds with a fraction" : "a bare count";

    private bool Fault(string key, ReadOnlySpan<byte> text, NumberResult result, string expected)
    {
        var kind = result == NumberResult.OutOfRange ? ImportProblems.NumberOutOfRange : ImportProblems.MalformedValue;
        var found = ImportProblems.Quote(text);
        Report(kind, $"{key}={found}: expected {expected}; the event was not stored");
        return false;
    }
}

using System.Buffers;
using System.Text;
using TraceReplay.Arm;
using TraceReplay.Events;

namespace TraceReplay.Ingest.Casemate;

/// <summary>The records of casemate: name -> events of the vocabulary.</summary>
/// <remarks>
/// Casemate tells no levels: a table is known by the root or the table that points to it. What it takes for granted is told as facts at
/// the start: 4K pages and 48 bits of address from level 0 in both regimes, and a hypervisor with E2H=0.
/// </remarks>
internal sealed class CasemateEvents
{
    private const int PageShift = 12;
    private const ulong PageBytes = 1 << PageShift;

    // A whole page of descriptors and a few more; beyond 256 MiB the size is damaged.
    private const int LargestStoreBytes = 1 << 16;
    private const ulong LargestRegionBytes = 1 << 28;

    private delegate void RecordParser(CasemateEvents events, ref CasemateRecord record);

    private sealed record Row(byte[] Name, RecordParser? Parse);

    // Searched from the top: the most frequent come first. Those without a parser change nothing that is judged.
    private static readonly Row[] Table =
    [
        new([.. "mem-write"u8],     static (CasemateEvents events, ref CasemateRecord record) => events.Write(ref record)),
        new([.. "barrier"u8],       static (CasemateEvents events, ref CasemateRecord record) => events.Barrier(ref record)),
        new([.. "mem-read"u8],      null),
        new([.. "tlbi"u8],          static (CasemateEvents events, ref CasemateRecord record) => events.Tlbi(ref record)),
        new([.. "hint"u8],          static (CasemateEvents events, ref CasemateRecord record) => events.Hint(ref record)),
        new([.. "lock"u8],          static (CasemateEvents events, ref CasemateRecord record) => events.Lock(ref record)),
        new([.. "trylock"u8],       static (CasemateEvents events, ref CasemateRecord record) => events.Lock(ref record)),
        new([.. "unlock"u8],        static (CasemateEvents events, ref CasemateRecord record) => events.Lock(ref record)),
        new([.. "mem-init"u8],      static (CasemateEvents events, ref CasemateRecord record) => events.Fill(ref record, isSet: false)),
        new([.. "mem-set"u8],       static (CasemateEvents events, ref CasemateRecord record) => events.Fill(ref record, isSet: true)),
        new([.. "mem-free"u8],      static (CasemateEvents events, ref CasemateRecord record) => events.Free(ref record)),
        new([.. "sysreg-write"u8],  static (CasemateEvents events, ref CasemateRecord record) => events.WriteRegister(ref record)),
        new([.. "msr"u8],           static (CasemateEvents events, ref CasemateRecord record) => events.WriteRegister(ref record)),
        new([.. "enter-context"u8], null),
        new([.. "exit-context"u8],  null),
    ];

    private readonly LineContext _context;
    private readonly ReadSession _session;
    private readonly ArrayBufferWriter<byte> _fields = new();
    private bool _hasToldFacts;

    public CasemateEvents(LineContext context, ReadSession session)
    {
        _context = context;
        _session = session;
        session.Clock ??= TraceClock.Counter;
    }

    /// <summary>True for the name of a record.</summary>
    public static bool IsName(ReadOnlySpan<byte> name) => Find(name) is not null;

    /// <summary>Sends the events of a record, or reports why not.</summary>
    public void Read(ref CasemateRecord record)
    {
        if (Find(record.Name) is not { Parse: { } parse })
        {
            if (!TakeMapped(ref record))
            {
                _context.Skip(record.Name);
            }

            return;
        }

        if (_context.Required("id", record.Take("id"u8), 0, int.MaxValue, out var id)
            && _context.Required("tid", TakeThread(ref record), 0, FtraceLineTokenizer.HighestCpu, out var tid))
        {
            Begin(id, tid);
            parse(this, ref record);
        }
    }

    // A record that is none of casemate's: its arguments are the fields of an event of its name.
    private bool TakeMapped(ref CasemateRecord record)
    {
        if (_context.Hook is not { } hook
            || TraceNumber.ParseInt(record.Take("id"u8), 0, int.MaxValue, out var id) != NumberResult.Ok
            || TraceNumber.ParseInt(TakeThread(ref record), 0, FtraceLineTokenizer.HighestCpu, out var tid) != NumberResult.Ok)
        {
            return false;
        }

        Begin(id, tid);
        _fields.ResetWrittenCount();
        record.WriteFields(_fields);
        return hook.Take(record.Name, _fields.WrittenSpan, _context);
    }

    private static ReadOnlySpan<byte> TakeThread(ref CasemateRecord record) => record.Take(record.Has("thread"u8) ? "thread"u8 : "tid"u8);

    private void Begin(int id, int tid)
    {
        if (id < _session.LastTime)
        {
            _context.Report(ImportProblems.TimeBackwards, $"{_session.LastTime - id} ticks before the record above");
        }

        (_session.LastTime, _context.Time, _context.Cpu) = (id, id, tid);
        TellFacts();
    }

    private static Row? Find(ReadOnlySpan<byte> name)
    {
        foreach (var row in Table)
        {
            if (name.SequenceEqual(row.Name))
            {
                return row;
            }
        }

        return null;
    }

    private void TellFacts()
    {
        if (_hasToldFacts)
        {
            return;
        }

        _hasToldFacts = true;
        CasemateModel.TellFacts(_context, _session);

        // Every lock is logged too: where there is none, none was taken.
        _context.Sink.On(new MachineFact(_context.NextHeader(), _session.Names.Intern("locks"), _session.Names.Intern("casemate")));
    }

    private void Write(ref CasemateRecord record)
    {
        var order = record.Take("mem-order"u8);
        if (Number("address", record.Take("address"u8), out var address) && Number("value", record.Take("value"u8), out var value))
        {
            _context.CheckAligned("address", address);
            Send(address, value, sizeof(ulong), HowOf(order, record.Source));
        }
    }

    // 'tests/good_bbm.c:32', after 'release:' where the store was one; the order alone where no place is told.
    private int HowOf(ReadOnlySpan<byte> order, ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty || order.IsEmpty)
        {
            return _context.Intern(source.IsEmpty ? order : source);
        }

        return order.SequenceEqual("release"u8) ? _context.Intern([.. order, (byte)':', .. source]) : _context.Intern(source);
    }

    private void Send(ulong address, ulong value, int bytes, int how) =>
        _context.Sink.On(new PageTableWrite(_context.NextHeader(), address, value, null, null, null, bytes, how, null));

    private void Fill(ref CasemateRecord record, bool isSet)
    {
        if (!Region(ref record, out var address, out var size))
        {
            return;
        }

        ulong value = 0;
        if (isSet && !Number("value", record.Take("value"u8), out value))
        {
            return;
        }

        // The value is that of each byte.
        var how = _context.Intern(record.Name);
        var descriptor = (value & 0xff) * 0x0101_0101_0101_0101;
        var step = descriptor == 0 ? (ulong)LargestStoreBytes : sizeof(ulong);
        for (ulong done = 0; done < size; done += step)
        {
            Send(address + done, descriptor, (int)Math.Min(step, size - done), how);
        }
    }

    private void Free(ref CasemateRecord record)
    {
        if (Region(ref record, out var address, out var size))
        {
            for (ulong done = 0; done < size; done += PageBytes)
            {
                CasemateModel.GiveBack(address + done, record.Name, _context);
            }
        }
    }

    private bool Region(ref CasemateRecord record, out ulong address, out ulong size)
    {
        size = 0;
        if (!Number("address", record.Take("address"u8), out address))
        {
            return false;
        }

        _context.CheckAligned("address", address);
        var text = record.Take("size"u8);
        return Number("size", text, out size)
            && (size <= LargestRegionBytes || _context.Malformed("size", text, $"at most 0x{LargestRegionBytes:x} bytes"));
    }

    // '(barrier (id 9) (tid 0) dsb (kind ish))', '(barrier 4 1 "src" DSB ISH)'
    private void Barrier(ref CasemateRecord record)
    {
        var mnemonic = record.Take();
        var kind = record.Take("kind"u8);
        InstructionPayloads.Barrier([.. mnemonic, (byte)' ', .. kind], _context);
    }

    // '(tlbi (id 14) (tid 0) ipas2e1is (value 0x5))': the operand. '... ipas2e1is (addr 0x5) (level 0x3))': page number and level, which
    // casemate puts into the operand without a granule, so that the level is no hint (TTL[3:2]=0).
    private void Tlbi(ref CasemateRecord record)
    {
        var operation = record.Take();
        ulong operand = 0, level = 0;
        var isByPage = record.Has("addr"u8);
        var text = record.Take(isByPage ? "addr"u8 : "value"u8);
        if (!text.IsEmpty && !Number(isByPage ? "addr" : "value", text, out operand))
        {
            return;
        }

        var levelText = isByPage ? record.Take("level"u8) : default;
        if (levelText.IsEmpty || Number("level", levelText, out level))
        {
            InstructionPayloads.SendTlbi(operation, CasemateModel.Operand(operand, level), null, _context);
        }
    }

    private void WriteRegister(ref CasemateRecord record)
    {
        var register = record.Take("sysreg"u8);
        if (Number("value", record.Take("value"u8), out var value))
        {
            var isTtbr = Ascii.EqualsIgnoreCase(register, "ttbr_el2"u8);
            InstructionPayloads.SendRegister(
                isTtbr ? "ttbr0_el2"u8 : register, Ascii.EqualsIgnoreCase(register, "vtcr_el2"u8) ? WithStartLevel(value) : value, null, _context);
        }
    }

    // Casemate looks at T0SZ alone and its examples leave SL0 zero. Where the two do not fit together, the start level is what T0SZ
    // asks for without concatenated tables.
    private static ulong WithStartLevel(ulong value)
    {
        const int startLevelShift = 6;
        const int mostConcatenatedBits = 4;
        var control = new TranslationControl(value, ControlLayout.Stage2);
        var bits = 64 - control.Size(0);
        if (control.GranuleOf(0) is not { PageShift: PageShift } granule || !control.IsUsable(0) || control.Ds
            || (control.Stage2StartLevel is { } start && bits >= granule.Shift(start)
                && bits <= granule.Shift(start) + granule.IndexBits + mostConcatenatedBits))
        {
            return value;
        }

        var sl0 = granule.StartLevel(bits) switch { 0 => 2ul, 1 => 1ul, 2 => 0ul, _ => 3ul };
        return (value & ~(3ul << startLevelShift)) | (sl0 << startLevelShift);
    }

    private void Lock(ref CasemateRecord record)
    {
        if (Number("address", record.Take("address"u8), out var address) && LockPayloads.ActionOf(record.Name) is { } action)
        {
            _context.Sink.On(new LockOperation(_context.NextHeader(), action, address));
        }
    }

    private void Hint(ref CasemateRecord record)
    {
        var kind = record.Take("kind"u8);
        var isRelease = Ascii.EqualsIgnoreCase(kind, "release_table"u8) || Ascii.EqualsIgnoreCase(kind, "release"u8);
        var told = LockPayloads.KindOf(kind);
        if (!isRelease && told is null)
        {
            _context.Skip([.. "hint "u8, .. kind]);
        }
        else if (Number("location", record.Take("location"u8), out var location))
        {
            if (told is not { } hint)
            {
                CasemateModel.GiveBack(location, "release_table"u8, _context);
            }
            else if (Number("value", record.Take("value"u8), out var value))
            {
                _context.CheckAligned("location", location);
                _context.Sink.On(new LockHint(_context.NextHeader(), hint, location, value));
            }
        }
    }

    // Addresses and values are hex, with or without 0x.
    private bool Number(string key, ReadOnlySpan<byte> text, out ulong value) =>
        TraceNumber.ParseBareHex(text, out value) == NumberResult.Ok || _context.Malformed(key, text, "a hex number of 64 bits");
}

using System.Text;
using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Ingest.Casemate;

namespace TraceReplay.Ingest.Ghost;

/// <summary>The steps of pKVM's ghost model: name -> events of the vocabulary.</summary>
/// <remarks>
/// The model tells no levels: a table is known by the root or the table that points to it, else by the range that a state line gives its
/// entry. A store of which neither is known is kept and not judged.
/// </remarks>
internal sealed class GhostSteps
{
    private const ulong PageBytes = 4096;

    // A page of descriptors; beyond 256 MiB the size is damaged.
    private const ulong LargestRegionBytes = 1 << 28;

    private delegate void StepParser(GhostSteps steps, scoped in GhostLine line);

    private sealed record Row(byte[] Name, StepParser? Parse);

    // Searched from the top: the most frequent come first. Those without a parser change nothing that is judged.
    private static readonly Row[] Table =
    [
        new([.. "W"u8],              static (GhostSteps steps, scoped in GhostLine line) => steps.Write(line, release: false)),
        new([.. "R"u8],              null),
        new([.. "Wrel"u8],           static (GhostSteps steps, scoped in GhostLine line) => steps.Write(line, release: true)),
        new([.. "DSB_ish"u8],        static (GhostSteps steps, scoped in GhostLine line) => steps.Barrier("dsb ish"u8)),
        new([.. "DSB_ishst"u8],      static (GhostSteps steps, scoped in GhostLine line) => steps.Barrier("dsb ishst"u8)),
        new([.. "DSB_nsh"u8],        static (GhostSteps steps, scoped in GhostLine line) => steps.Barrier("dsb nsh"u8)),
        new([.. "DSB_sy"u8],         static (GhostSteps steps, scoped in GhostLine line) => steps.Barrier("dsb sy"u8)),
        new([.. "ISB"u8],            static (GhostSteps steps, scoped in GhostLine line) => steps.Barrier("isb"u8)),
        new([.. "LOCK"u8],           null),
        new([.. "UNLOCK"u8],         null),
        new([.. "HINT"u8],           static (GhostSteps steps, scoped in GhostLine line) => steps.Hint(line)),
        new([.. "ZALLOC"u8],         static (GhostSteps steps, scoped in GhostLine line) => steps.Clear(line)),
        new([.. "Wpage"u8],          static (GhostSteps steps, scoped in GhostLine line) => steps.FillPage(line)),
        new([.. "MSR"u8],            static (GhostSteps steps, scoped in GhostLine line) => steps.WriteRegister(line)),
    ];

    private readonly LineContext _context;
    private readonly ReadSession _session;
    private readonly HashSet<ulong> _told = [];
    private PageTableWrite? _held;
    private bool _hasToldFacts;

    public GhostSteps(LineContext context, ReadSession session)
    {
        _context = context;
        _session = session;
    }

    /// <summary>True for the name of a step.</summary>
    public static bool IsStep(ReadOnlySpan<byte> name) => name.StartsWith("TLBI_"u8) || Find(name) is not null;

    /// <summary>Sends the events of a step, or reports why not.</summary>
    public void Read(scoped in GhostLine line)
    {
        Flush();
        if (!_hasToldFacts)
        {
            _hasToldFacts = true;
            CasemateModel.TellFacts(_context, _session);
        }

        if (line.Name.StartsWith("TLBI_"u8))
        {
            Tlbi(line);
        }
        else if (Find(line.Name) is { Parse: { } parse })
        {
            parse(this, line);
        }
        else
        {
            _context.Skip(line.Name);
        }
    }

    /// <summary>
    /// Reads a line of the model's state: <c>-    *[0x..eaa8edc8]=0x...1372007fd (pte_st:V root:0x.., range:0-200000)</c>. With a minus it
    /// tells what the store above it replaced; any that tells an entry for the first time tells its content.
    /// </summary>
    /// <returns>False where it is no such line.</returns>
    public bool ReadState(ReadOnlySpan<byte> text)
    {
        var star = text.IndexOf("*["u8);
        var close = text.IndexOf("]="u8);
        if (star < 0 || close < star || text[..star].ContainsAnyExcept("+- \t"u8))
        {
            return false;
        }

        var rest = text[(close + 2)..];
        var end = rest.IndexOf((byte)' ');
        if (!GhostLine.Number(text[(star + 2)..close], out var pa) || !GhostLine.Number(end < 0 ? rest : rest[..end], out var value))
        {
            return false;
        }

        if (rest.IndexOf("(pte_st:"u8) < 0)
        {
            return true;
        }

        var level = LevelOf(rest);
        if (_held is { } held && held.Pa == pa)
        {
            _held = held with { Old = text[0] == (byte)'-' && _told.Add(pa) ? value : held.Old, Level = held.Level ?? level };
        }
        else if (text[0] != (byte)'+' && _told.Add(pa))
        {
            Flush();
            _context.Sink.On(new DescriptorValueKnown(_context.NextHeader(), DescriptorSource.Initial, pa, value, null, level));
        }

        return true;
    }

    /// <summary>Sends the store that waits for the lines of state below it.</summary>
    public void Flush()
    {
        if (_held is { } held)
        {
            _held = null;
            _told.Add(held.Pa);
            _context.Sink.On(held);
        }
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

    // 'range:200000-400000' is what the entry translates.
    private static int? LevelOf(ReadOnlySpan<byte> text)
    {
        const int bitsPerLevel = 9;
        var at = text.IndexOf("range:"u8);
        if (at < 0)
        {
            return null;
        }

        var range = text[(at + 6)..].TrimEnd(" )"u8);
        var dash = range.IndexOf((byte)'-');
        if (dash < 0 || !GhostLine.Number(range[..dash], out var first) || !GhostLine.Number(range[(dash + 1)..], out var last))
        {
            return null;
        }

        for (var level = 3; level >= 0; level--)
        {
            if (last - first == PageBytes << (bitsPerLevel * (3 - level)))
            {
                return level;
            }
        }

        return null;
    }

    private void Write(scoped in GhostLine line, bool release)
    {
        var rest = line.Arguments;
        if (Number("address", NextWord(ref rest), out var pa) && Number("value", NextWord(ref rest), out var value))
        {
            _context.CheckAligned("address", pa);
            var how = release ? _context.Intern([.. "release:"u8, .. line.Source]) : _context.Intern(line.Source);
            _held = new PageTableWrite(_context.NextHeader(), pa, value, null, null, null, sizeof(ulong), how, null);
        }
    }

    private void Clear(scoped in GhostLine line)
    {
        var rest = line.Arguments;
        var address = NextWord(ref rest);
        NextWord(ref rest);
        if (Number("address", address, out var start) && Number("size", NextWord(ref rest), out var size))
        {
            if (size > LargestRegionBytes)
            {
                _context.Malformed("size", line.Arguments, $"at most 0x{LargestRegionBytes:x} bytes");
                SendLost();
                return;
            }

            for (ulong done = 0; done < size; done += PageBytes)
            {
                Send(start + done, 0, (int)Math.Min(PageBytes, size - done), line.Source);
            }
        }
    }

    // memset() of a page: the value is that of each descriptor.
    private void FillPage(scoped in GhostLine line)
    {
        var rest = line.Arguments;
        if (!Number("address", NextWord(ref rest), out var start) || !Number("value", NextWord(ref rest), out var value))
        {
            return;
        }

        if (value == 0)
        {
            Send(start, 0, (int)PageBytes, line.Source);
            return;
        }

        for (ulong done = 0; done < PageBytes; done += sizeof(ulong))
        {
            Send(start + done, value, sizeof(ulong), line.Source);
        }
    }

    private void Send(ulong pa, ulong value, int bytes, ReadOnlySpan<byte> source) =>
        _context.Sink.On(new PageTableWrite(_context.NextHeader(), pa, value, null, null, null, bytes, _context.Intern(source), null));

    private void Barrier(ReadOnlySpan<byte> kind) => InstructionPayloads.Barrier(kind, _context);

    // 'TLBI_vae2is pfn=123 level=3': the page's number and the level, which are put into the operand without a granule, so that the level is
    // no hint.
    private void Tlbi(scoped in GhostLine line)
    {
        var rest = line.Arguments;
        ulong page = 0, level = 0;
        var hasPage = false;
        for (var word = NextWord(ref rest); !word.IsEmpty; word = NextWord(ref rest))
        {
            if ((word.StartsWith("pfn="u8) && !Number("pfn", word[4..], out page)) || (word.StartsWith("level="u8) && !Number("level", word[6..], out level)))
            {
                return;
            }

            hasPage |= word.StartsWith("pfn="u8);
        }

        var operation = line.Name["TLBI_"u8.Length..];
        if (!hasPage && TlbiOperations.Find(Encoding.UTF8.GetString(operation)) is { Method: TlbiMethod.Address or TlbiMethod.AddressAnyAsid or TlbiMethod.Ipa })
        {
            _context.ReportMissing(Encoding.UTF8.GetString(line.Name), "pfn=, the number of the page: taken for an event that the CPU lost");
            SendLost();
            return;
        }

        InstructionPayloads.SendTlbi(operation, CasemateModel.Operand(page, level), null, _context);
    }

    private void WriteRegister(scoped in GhostLine line)
    {
        var rest = line.Arguments;
        var register = NextWord(ref rest);
        if (Number("value", NextWord(ref rest), out var value))
        {
            var name = register.SequenceEqual("SYSREG_VTTBR"u8) ? "vttbr_el2"u8
                : register.SequenceEqual("SYSREG_TTBR_EL2"u8) ? "ttbr0_el2"u8
                : register.StartsWith("SYSREG_"u8) ? register["SYSREG_"u8.Length..] : register;
            InstructionPayloads.SendRegister(name, value, null, _context);
        }
    }

    private void Hint(scoped in GhostLine line)
    {
        var rest = line.Arguments;
        var kind = NextWord(ref rest);
        if (!kind.SequenceEqual("GHOST_HINT_RELEASE_TABLE"u8))
        {
            _context.Skip([.. "HINT "u8, .. kind]);
        }
        else if (Number("location", NextWord(ref rest), out var location))
        {
            CasemateModel.GiveBack(location, "release_table"u8, _context);
        }
    }

    // A step of which a number cannot be read is lost.
    private bool Number(string key, ReadOnlySpan<byte> text, out ulong value)
    {
        if (GhostLine.Number(text, out value))
        {
            return true;
        }

        _context.Malformed(key, text, "a hex number of 64 bits, leading zeros perhaps as dots");
        SendLost();
        return false;
    }

    private void SendLost() => _context.SendLost(_context.Cpu, 1);

    private static ReadOnlySpan<byte> NextWord(scoped ref ReadOnlySpan<byte> rest)
    {
        rest = rest.TrimStart((byte)' ');
        var end = rest.IndexOf((byte)' ');
        var word = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[end..];
        return word;
    }
}

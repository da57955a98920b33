namespace TraceReplay.Ingest.Tarmac;

/// <summary>Applies the accesses of a Tarmac trace to memory, by 8-byte words.</summary>
internal sealed class TarmacMemory(StoredMemory stored, TableFinder tables, TarmacOutput output)
{
    private const int WordBytes = 8;
    private const int HighestVaBit = 52;

    private readonly byte[] _bytes = new byte[TarmacAccess.MaxBytes];
    private readonly HashSet<TarmacCpu> _expected = [];

    /// <summary>A CPU executes an instruction that stores zeros: a store is to follow.</summary>
    public void Expect(TarmacCpu cpu) => _expected.Add(cpu);

    /// <summary>A CPU is at its next instruction.</summary>
    public void EndInstruction(TarmacCpu cpu)
    {
        if (_expected.Count > 0 && _expected.Remove(cpu))
        {
            output.Context.Report(
                ImportProblems.StoreNotTraced, $"expected the stores of the DC ZVA above this line: what it cleared is taken to hold what it held");
        }
    }

    /// <summary>Reads an access; false where its value has not as many digits as its size asks for.</summary>
    public bool Read(bool isStore, in TarmacAccess access)
    {
        if (access.Digits.IsEmpty)
        {
            return true;
        }

        if (!isStore)
        {
            return access.Pa is not { } from || access.Bytes != WordBytes || (from & (WordBytes - 1)) != 0 || Load(from, access);
        }

        _expected.Remove(output.Cpu);
        if (access.Bytes > WordBytes)
        {
            return access.Fill(_bytes.AsSpan(0, access.Bytes)) && (PhysicalOf(access.Va, access.Pa) is not { } start || StoreBytes(start, access.Bytes));
        }

        if (!access.Value(out var value) || (access.Bytes < WordBytes && value >> (access.Bytes * 8) != 0))
        {
            return false;
        }

        if (PhysicalOf(access.Va, access.Pa) is not { } pa)
        {
            return true;
        }

        var shift = (int)(pa & (WordBytes - 1)) * 8;
        var mask = ulong.MaxValue >> (64 - (access.Bytes * 8));
        StoreWord(pa & ~7ul, value << shift, mask << shift);
        if (shift + (access.Bytes * 8) > 64)
        {
            StoreWord((pa & ~7ul) + WordBytes, value >> (64 - shift), mask >> (64 - shift));
        }

        return true;
    }

    /// <summary>Applies a store drawn as sixteen bytes.</summary>
    public void Store(in TarmacBlock block)
    {
        _expected.Remove(output.Cpu);
        if (block.IsUnknown)
        {
            output.Context.Report(ImportProblems.StoreNotTraced, $"expected hex digits in place of ##: the store is left out");
        }
        else if (PhysicalOf(block.Va, block.Pa) is { } pa)
        {
            for (var i = 0; i < TarmacBlock.Words; i++)
            {
                var (value, mask) = block.Word(i);
                if (mask != 0)
                {
                    StoreWord(pa + (ulong)(i * WordBytes), value, mask);
                }
            }
        }
    }

    /// <summary>Looks at a load drawn as sixteen bytes: whole words tell what memory holds.</summary>
    public void Load(in TarmacBlock block)
    {
        if (block.IsUnknown || block.Pa is not { } pa || stored.Find(pa) is not { Tables: not null } page)
        {
            return;
        }

        Settle(page);
        for (var i = 0; i < TarmacBlock.Words; i++)
        {
            if (block.Word(i) is (var value, ulong.MaxValue))
            {
                tables.Loaded(page, pa + (ulong)(i * WordBytes), value);
            }
        }
    }

    private bool Load(ulong pa, in TarmacAccess access)
    {
        if (stored.Find(pa) is { Tables: not null } page)
        {
            if (!access.Value(out var value))
            {
                return false;
            }

            Settle(page);
            tables.Loaded(page, pa, value);
        }

        return true;
    }

    private bool StoreBytes(ulong pa, int bytes)
    {
        for (var at = 0; at < bytes;)
        {
            var word = (pa + (ulong)at) & ~7ul;
            var (value, mask) = (0ul, 0ul);
            for (; at < bytes && ((pa + (ulong)at) & ~7ul) == word; at++)
            {
                var shift = (int)((pa + (ulong)at) & 7) * 8;
                value |= (ulong)_bytes[at] << shift;
                mask |= 0xfful << shift;
            }

            StoreWord(word, value, mask);
        }

        return true;
    }

    private void StoreWord(ulong pa, ulong value, ulong mask)
    {
        if (stored.Get(pa) is not { } page)
        {
            output.ReportFull(stored.Limit);
            return;
        }

        Settle(page);
        if (mask != ulong.MaxValue)
        {
            page.TryRead(pa, out var old);
            value |= old & ~mask;
        }

        tables.Store(page, pa, value, System.Numerics.BitOperations.PopCount(mask) / 8);
    }

    // What waits may be the load of a root: it comes before any event of this line.
    private void Settle(StoredPage page)
    {
        if (page.Tables is not null)
        {
            output.Settle?.Invoke();
        }
    }

    // Where no physical address is told, it is the virtual one while the MMU is off.
    private ulong? PhysicalOf(ulong va, ulong? pa)
    {
        if (pa is not null)
        {
            return pa;
        }

        var cpu = output.Cpu;
        var isOff = cpu.ExceptionLevel switch
        {
            0 or 1 => cpu.Regimes[0].MmuIsOn == false && !cpu.Hypervisor.Stage2IsOn,
            2 => cpu.Regimes[1].MmuIsOn == false,
            _ => false,
        };
        if (isOff && va >> HighestVaBit == 0)
        {
            return va;
        }

        output.ReportNoAddress();
        return null;
    }
}

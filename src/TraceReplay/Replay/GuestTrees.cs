using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>The stage-1 trees of guests, each found by way of a replayed stage 2, for as long as that one maps them where they were found.</summary>
internal sealed class GuestTrees(MachineState machine, TaintedSpaces tainted, StaleRecords records)
{
    private readonly List<AddressSpace> _trees = [];
    private readonly List<StaleRecord> _open = [];

    /// <summary>A guest loaded a tree.</summary>
    public void Loaded(AddressSpace tree)
    {
        if (!_trees.Contains(tree))
        {
            _trees.Add(tree);
        }
    }

    /// <summary>
    /// A CPU writes VTTBR_EL2: another guest, or another CPU of the same one, may run there from now on, whose registers were set without a
    /// word.
    /// </summary>
    public static void Leave(ProcessingElement cpu, long seq)
    {
        var registers = cpu.Registers(TranslationRegime.El1Guest);
        for (var half = 0; half < RootSlot.Halves(TranslationRegime.El1Guest); half++)
        {
            var slot = RootSlot.Of(TranslationRegime.El1Guest, half);
            cpu.Current[slot]?.Unload(registers.Asid, cpu.Cpu, seq);
            cpu.Current[slot] = null;
        }

        cpu.ForgetGuest();
    }

    /// <summary>The trees that a CPU has loaded compare under its guest's MAIR.</summary>
    public void Refresh(ProcessingElement cpu)
    {
        for (var half = 0; half < RootSlot.Halves(TranslationRegime.El1Guest); half++)
        {
            if (cpu.Current[RootSlot.Of(TranslationRegime.El1Guest, half)] is { } tree)
            {
                tree.Comparer = machine.Comparer(tree.Format, cpu.Registers(TranslationRegime.El1Guest).MemoryAttributes);
            }
        }
    }

    /// <summary>
    /// A descriptor was stored to. Where it was one of a stage 2 and moved or removed what it mapped, the tables of its guests may lie
    /// elsewhere from here on, with a content that is not told: the trees are not followed until they are loaded again, and nothing is
    /// known of what is cached of them.
    /// </summary>
    public void Stored(TableUse use, bool known, ulong oldValue, ulong newValue, long seq)
    {
        if (_trees.Count == 0 || !use.Space.IsStage2 || !known || !Moves(use, oldValue, newValue))
        {
            return;
        }

        for (var i = _trees.Count - 1; i >= 0; i--)
        {
            if (ReferenceEquals(_trees[i].Stage2, use.Space))
            {
                End(_trees[i], seq);
                _trees.RemoveAt(i);
            }
        }
    }

    /// <summary>What a CPU's guest has loaded cannot be followed any more.</summary>
    public void End(ProcessingElement cpu, long seq)
    {
        for (var half = 0; half < RootSlot.Halves(TranslationRegime.El1Guest); half++)
        {
            if (cpu.Current[RootSlot.Of(TranslationRegime.El1Guest, half)] is { } tree)
            {
                End(tree, seq);
                _trees.Remove(tree);
            }
        }
    }

    private void End(AddressSpace tree, long seq)
    {
        _open.Clear();
        tree.Pending.CollectAll(_open);
        foreach (var record in _open)
        {
            records.Close(record, null);
        }

        foreach (var cpu in machine.Cpus)
        {
            if (ReferenceEquals(cpu.Current[tree.Slot], tree))
            {
                cpu.Current[tree.Slot] = null;
            }
        }

        tainted.Forget(tree);
        machine.Retire(tree, seq);
    }

    private static bool Moves(TableUse use, ulong oldValue, ulong newValue)
    {
        var format = use.Space.Format;
        var kind = format.Kind(oldValue, use.Level);
        return kind != DescriptorKind.Invalid
            && (format.Kind(newValue, use.Level) != kind
                || (kind == DescriptorKind.Table
                    ? format.NextTable(oldValue) != format.NextTable(newValue)
                    : format.OutputAddress(oldValue, use.Level) != format.OutputAddress(newValue, use.Level)));
    }
}

using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>4 KiB of physical memory that holds descriptors: their values as far as the trace tells them.</summary>
/// <remarks>
/// Memory is kept apart from the roles it plays (<see cref="TableUse"/>): a page may hold several small root tables, a 16K or 64K
/// table takes several frames, and one table may be linked at two addresses.
/// </remarks>
public sealed class TableFrame(ulong baseAddress)
{
    /// <summary>log2 of the frame's size in bytes.</summary>
    public const int Shift = 12;

    /// <summary>Descriptors in a frame.</summary>
    public const int Entries = 1 << (Shift - 3);

    private const ulong ContiguousLeaf = DescriptorBits.Contiguous | DescriptorBits.Valid;

    private readonly ulong[] _values = new ulong[Entries];
    private readonly ulong[] _known = new ulong[Entries / 64];
    private ulong[]? _previous;
    private ulong[]? _overwritten;
    private uint[]? _storeSeq;
    private TableUse[] _uses = [];
    private int _useCount;

    /// <summary>Physical address of the first descriptor.</summary>
    public ulong Base { get; } = baseAddress;

    /// <summary>True once the frame lost its last link, or was freed: what is stored to it builds something that no root reaches.</summary>
    public bool IsDetached { get; set; }

    /// <summary>True when a store revealed content that the trace had not told: the frame was in use before the trace.</summary>
    public bool HasForeignContent { get; set; }

    /// <summary>True once a valid value with bit 52 stood in the frame: some group in it may be contiguous.</summary>
    public bool MayHaveContiguous { get; private set; }

    /// <summary>Roles the frame plays.</summary>
    public ReadOnlySpan<TableUse> Uses => _uses.AsSpan(0, _useCount);

    /// <summary>Index of a descriptor by its physical address.</summary>
    public static int IndexOf(ulong pa) => (int)(pa >> 3) & (Entries - 1);

    public bool IsKnown(int index) => ((_known[index >> 6] >> (index & 63)) & 1) != 0;

    public ulong this[int index] => _values[index];

    /// <summary>The last cacheable value before the present one; 0 for none.</summary>
    public ulong PreviousOf(int index) => _previous is null ? 0 : _previous[index];

    /// <summary>What the last store to a descriptor overwrote; 0 for nothing.</summary>
    public ulong OverwrittenOf(int index) => _overwritten is null ? 0 : _overwritten[index];

    /// <summary>Sequence number of the last store to a descriptor; 0 for none in the trace.</summary>
    public long StoreSeqOf(int index) => _storeSeq is null ? 0 : _storeSeq[index];

    /// <summary>Sequence number of the last store to any descriptor of the frame.</summary>
    public long LastStoreSeq { get; private set; }

    /// <summary>CPU of that store.</summary>
    public int LastStoreCpu { get; private set; }

    /// <summary>Sets a value without a store.</summary>
    public void Set(int index, ulong value)
    {
        _values[index] = value;
        _known[index >> 6] |= 1UL << (index & 63);
        MayHaveContiguous |= (value & ContiguousLeaf) == ContiguousLeaf;
    }

    /// <summary>Sets a value by a store.</summary>
    public void Store(int index, ulong value, long seq, int cpu)
    {
        (_overwritten ??= new ulong[Entries])[index] = _values[index];
        Set(index, value);
        (_storeSeq ??= new uint[Entries])[index] = (uint)seq;
        LastStoreSeq = seq;
        LastStoreCpu = cpu;
    }

    public void SetPrevious(int index, ulong value) => (_previous ??= new ulong[Entries])[index] = value;

    /// <summary>Makes descriptors that are not known zero: a table that is told with its content has nothing else.</summary>
    public void AssumeZero(int first, int count)
    {
        for (var index = first; index < first + count; index++)
        {
            if (!IsKnown(index))
            {
                Set(index, 0);
            }
        }
    }

    /// <summary>Forgets what descriptors held.</summary>
    public void Forget(int first, int count)
    {
        for (var index = first; index < first + count; index++)
        {
            _values[index] = 0;
            _known[index >> 6] &= ~(1UL << (index & 63));
            if (_previous is not null)
            {
                _previous[index] = 0;
            }

            if (_storeSeq is not null)
            {
                _storeSeq[index] = 0;
            }
        }

        HasForeignContent = false;
    }

    public void AddUse(TableUse use)
    {
        if (_useCount == _uses.Length)
        {
            Array.Resize(ref _uses, Math.Max(1, _useCount * 2));
        }

        _uses[_useCount++] = use;
        IsDetached = false;
    }

    public void RemoveUse(TableUse use)
    {
        var at = Array.IndexOf(_uses, use, 0, _useCount);
        if (at < 0)
        {
            return;
        }

        _useCount--;
        _uses[at] = _uses[_useCount];
        _uses[_useCount] = null!;
        if (_useCount == 0)
        {
            IsDetached = true;
        }
    }
}

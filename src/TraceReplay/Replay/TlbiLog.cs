namespace TraceReplay.Replay;

/// <summary>The last TLBIs of all CPUs, for explaining why one did not count.</summary>
internal sealed class TlbiLog
{
    private const int Capacity = 4096;

    private readonly TlbiEvent[] _events = new TlbiEvent[Capacity];
    private long _count;

    public void Add(in TlbiEvent tlbi) => _events[_count++ % Capacity] = tlbi;

    /// <summary>Number of TLBIs kept.</summary>
    public int Count => (int)Math.Min(_count, Capacity);

    /// <summary>A TLBI by age: 0 is the newest.</summary>
    public ref readonly TlbiEvent Newest(int age) => ref _events[(_count - 1 - age) % Capacity];

    /// <summary>The TLBI of a sequence number, if it is still kept.</summary>
    public TlbiEvent? Find(long seq)
    {
        for (var age = 0; age < Count; age++)
        {
            ref readonly var tlbi = ref Newest(age);
            if (tlbi.Header.Seq == seq)
            {
                return tlbi;
            }

            if (tlbi.Header.Seq < seq)
            {
                break;
            }
        }

        return null;
    }
}

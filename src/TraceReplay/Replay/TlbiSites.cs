namespace TraceReplay.Replay;

/// <summary>Counts what the TLBIs of each site do.</summary>
internal sealed class TlbiSites(IReplaySink sink)
{
    private readonly Dictionary<(int Operation, ulong Pc), Counter> _sites = [];

    internal sealed class Counter
    {
        public long Count;
        public long Covered;
        public long Records;
        public long Ineffective;
        public long FirstSeq;
    }

    public Counter Of(int operation, ulong pc, long seq)
    {
        if (!_sites.TryGetValue((operation, pc), out var counter))
        {
            counter = new Counter { FirstSeq = seq };
            _sites.Add((operation, pc), counter);
        }

        return counter;
    }

    public void Finish()
    {
        foreach (var ((operation, pc), counter) in _sites)
        {
            sink.TlbiSite(new TlbiSite(
                operation, pc, counter.Count, counter.Covered, counter.Records, counter.Ineffective, counter.FirstSeq));
        }
    }
}

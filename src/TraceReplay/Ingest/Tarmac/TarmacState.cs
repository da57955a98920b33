namespace TraceReplay.Ingest.Tarmac;

/// <summary>What the files of one Tarmac trace share, pieces one after another or files of each CPU: registers, memory and tables.</summary>
internal sealed class TarmacState
{
    /// <param name="session">Of any of its files.</param>
    /// <param name="maxPages">Pages of 4 KB of the traced memory that are kept.</param>
    public TarmacState(ReadSession session, int maxPages = StoredMemory.MaxPages)
    {
        Cpus = new TarmacCpus(session.Names);
        Machine = new TarmacMachine(Output, session.Names, Gaps, maxPages);
    }

    public TarmacOutput Output { get; } = new();

    public TarmacGaps Gaps { get; } = new();

    public TarmacCpus Cpus { get; }

    public TarmacMachine Machine { get; }
}

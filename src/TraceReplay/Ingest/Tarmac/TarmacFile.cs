using TraceReplay.Events;

namespace TraceReplay.Ingest.Tarmac;

/// <summary>One of several files whose lines are read in the order of their times.</summary>
/// <param name="Number">0-based number: it is of the CPU of that number, where its lines name none.</param>
/// <param name="CpuOffset">What the merge adds to the CPU numbers of its events.</param>
/// <param name="ClockOffset">What is added to its times, by their form.</param>
/// <param name="Entered">Called when the events that follow are of this file.</param>
internal sealed record TarmacFile(int Number, int CpuOffset, Func<TraceClock, long> ClockOffset, Action Entered);

using TraceReplay.Events;
using TraceReplay.Replay;
using TraceReplay.Rules;
using TraceReplay.Tests.Generators;

namespace TraceReplay.Tests.Properties;

/// <summary>Generated traces under one lock for all trees.</summary>
public sealed class LockedTraceTests
{
    private const int Seeds = 25;
    private const ulong Lock = 0xffff_0000_1234_5678;

    [Fact]
    public void A_store_is_found_where_it_lacks_the_lock_and_only_there()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var random = new Random(seed);
            var trace = TraceGenerator.Generate(seed);
            Assert.Empty(WithoutLock(trace, _ => false));

            // All of them: those to tables that no root reaches yet are none.
            var all = WithoutLock(trace, _ => true);
            Assert.NotEmpty(all);
            var chosen = all[random.Next(all.Count)];
            Assert.Equal([chosen], WithoutLock(trace, store => store == chosen));
        }
    }

    // Numbers of the stores that are found to lack the lock; each table and place in code is one finding, so every store has its own.
    private static List<int> WithoutLock(GeneratedTrace trace, Func<int, bool> lacks)
    {
        var events = new List<object>();
        var stores = new Dictionary<int, int>();
        var count = 0;
        foreach (var e in trace.Events)
        {
            var header = GeneratedTrace.HeaderOf(e);
            if (e is TableKnown { Parent: null } root)
            {
                events.Add(new LockHint(header, LockHintKind.RootLock, root.Base, Lock));
            }

            if (e is not PageTableWrite store)
            {
                events.Add(e);
                continue;
            }

            var number = count++;
            var isLocked = !lacks(number);
            if (isLocked)
            {
                events.Add(new LockOperation(header, LockAction.Acquire, Lock));
            }

            events.Add(store with { Pc = 0xffff_8000_0000_0000 + (ulong)number });
            stores.Add(events.Count, number);
            if (isLocked)
            {
                events.Add(new LockOperation(header, LockAction.Release, Lock));
            }
        }

        var found = new GeneratedTrace(trace.Names, events.Select(e => GeneratedTrace.WithHeader(e, GeneratedTrace.HeaderOf(e) with { Line = 0 })), trace.CpuCount, trace.Clock)
            .Replay().Findings.Where(finding => finding.Rule.Id == RuleId.LockNotHeld).ToList();
        Assert.All(found, finding => Assert.Equal(1, finding.Count));
        return [.. found.Select(finding => stores[(int)finding.Where.Seq])];
    }
}

using TraceReplay.Report;
using TraceReplay.Rules;

namespace TraceReplay.Tests.Report;

public sealed class RehearsalTests
{
    // As it runs beside an analysis, a fault would pass unseen.
    [Fact]
    public void It_goes_through_to_its_end()
    {
        foreach (var policy in Policy.Profiles)
        {
            Assert.Null(Record.Exception(() => Rehearsal.Run(policy)));
        }
    }
}

using System.Text;
using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Store;

namespace TraceReplay.Tests.Store;

public sealed class EventSpoolTests
{
    [Fact]
    public void Every_kind_of_event_comes_back_as_it_was()
    {
        using var folder = new TemporaryFolder();
        Check(folder.Write("t", Encoding.UTF8.GetBytes(RoundTripTests.EveryKind)), folder);
    }

    [Fact]
    public void Nothing_comes_back_as_nothing()
    {
        using var folder = new TemporaryFolder();
        using var spool = new EventSpool(Path.GetDirectoryName(folder["x"])!);
        var copy = new RecordingSink();
        spool.Replay(copy, TestContext.Current.CancellationToken);
        Assert.Empty(copy.Events);
    }

    [Theory]
    [InlineData("violations-6.12-4k-n1-2cpu.kernel.ftrace.gz")]
    [InlineData("violations-6.12-4k-n1-2cpu.emulator.ftrace.gz")]
    public void Many_events_come_back_from_a_file_that_is_gone_afterwards(string capture)
    {
        using var folder = new TemporaryFolder();
        Check(RepositoryPaths.Capture(capture), folder);
        Assert.Empty(folder.Files);
    }

    private static void Check(string path, TemporaryFolder folder)
    {
        var original = new RecordingSink();
        using var spool = new EventSpool(Path.GetDirectoryName(folder["x"])!);
        TraceSource.Read(path, new TeeSink(original, spool), new NameTable(), new ImportProblems());
        Assert.NotEmpty(original.Events);
        for (var time = 0; time < 2; time++)
        {
            var copy = new RecordingSink();
            spool.Replay(copy, TestContext.Current.CancellationToken);
            Assert.Equal(original.Events, copy.Events);
        }
    }
}

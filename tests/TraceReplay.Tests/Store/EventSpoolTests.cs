using System.Text;
using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Store;
using TraceReplay.Tests.Traces;

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
        Check(CaptureFile.Find(capture), folder);
        Assert.Empty(folder.Files);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_reader_beside_gets_what_is_added_meanwhile(bool keeps)
    {
        using var folder = new TemporaryFolder();
        using var spool = new EventSpool(keeps ? folder.Root : null);
        var beside = new RecordingSink();
        Thread? thread = null;
        spool.HasBegun = () =>
        {
            spool.BeginReadingBeside();
            thread = new Thread(() => spool.ReplayBeside(beside, CancellationToken.None));
            thread.Start();
        };
        var original = AddMany(spool);
        spool.Complete();
        Assert.NotNull(thread);
        thread.Join();
        Assert.Equal(original.Events, beside.Events);
        if (keeps)
        {
            var again = new RecordingSink();
            spool.Replay(again, TestContext.Current.CancellationToken);
            Assert.Equal(original.Events, again.Events);
        }
    }

    [Fact]
    public void A_reader_beside_that_fails_holds_nobody_up()
    {
        using var folder = new TemporaryFolder();
        using var spool = new EventSpool(folder.Root);
        Exception? fault = null;
        Thread? thread = null;
        spool.HasBegun = () =>
        {
            spool.BeginReadingBeside();
            thread = new Thread(() => fault = Record.Exception(() => spool.ReplayBeside(new RecordingSink(), new CancellationToken(canceled: true))));
            thread.Start();
        };
        AddMany(spool);
        spool.Complete();
        Assert.NotNull(thread);
        thread.Join();
        Assert.IsType<OperationCanceledException>(fault);
    }

    [Fact]
    public void Selected_events_come_back_alone()
    {
        using var folder = new TemporaryFolder();
        using var spool = new EventSpool(folder.Root);
        var original = AddMany(spool);
        long[] wanted = [1, 2, 77_777, 199_999, 200_000];
        var selected = new RecordingSink();
        spool.ReplaySelected([0, .. wanted, 900_000], selected);
        Assert.Equal(wanted.Select(seq => original.Events[(int)seq - 1]), selected.Events);
    }

    // Several times what is kept in memory; the numbers are of all lengths.
    private static RecordingSink AddMany(EventSpool spool)
    {
        var original = new RecordingSink();
        var both = new TeeSink(original, spool);
        for (var i = 1; i <= 200_000; i++)
        {
            var value = 0xfedcba9876543210UL >> (i % 64);
            var header = new EventHeader(i, i + (i / 1000), 1_000_000_000L * i, i % 5 == 0 ? 1 : 0, i % 3);
            both.On(new PageTableWrite(header, value, value ^ 1, i % 2 == 0 ? null : value, 3, null, 8, i % 7, value));
        }

        return original;
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

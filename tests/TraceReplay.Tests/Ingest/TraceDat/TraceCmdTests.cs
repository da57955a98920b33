namespace TraceReplay.Tests.Ingest.TraceDat;

/// <summary>What is read of a trace.dat is what is read of the text that trace-cmd makes of it.</summary>
public sealed class TraceCmdTests
{
    public static TheoryData<string> Cases =>
    [
        "v7", "v6", "v7-big", "v6-big", "v7-long4", "v7-page64k", "v6-page64k", "empty-cpu",
        "clock-counter", "clock-tsc", "offset", "time-shift", "odd-times", "lost", "texts", "kernel",
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Events_are_those_of_the_report(string name)
    {
        using var folder = new TemporaryFolder();
        var bytes = DatSamples.Make(name);
        var text = TraceCmd.Report(folder.Write("trace.dat", bytes));
        var expected = Reading.Of(text, "trace-cmd-report");
        var found = Reading.Of(bytes);
        DatSamples.AssertSame(expected, found);
        Assert.NotEmpty(found.Events);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void All_digits_of_the_times_are_those_of_the_report_with_all_digits(string name)
    {
        using var folder = new TemporaryFolder();
        var bytes = DatSamples.Make(name);
        var text = TraceCmd.Report(folder.Write("trace.dat", bytes), "-t");
        DatSamples.AssertSame(Reading.Of(text, "trace-cmd-report"), Reading.WithNanoseconds(bytes));
    }
}

using System.Text;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>Numbers of the options, and in version 7 of the sections.</summary>
internal enum TraceDatOption
{
    Done = 0,
    Date = 1,
    CpuStat = 2,
    Buffer = 3,
    TraceClock = 4,
    Uname = 5,
    Hook = 6,
    Offset = 7,
    CpuCount = 8,
    Version = 9,
    ProcMaps = 10,
    TraceId = 11,
    TimeShift = 12,
    Guest = 13,
    TscToNanoseconds = 14,
    Strings = 15,
    HeaderInfo = 16,
    FtraceFormats = 17,
    EventFormats = 18,
    Symbols = 19,
    PrintkFormats = 20,
    CommandLines = 21,
    BufferText = 22,
}

/// <summary>The options that both versions of the file have.</summary>
internal static class CommonOptions
{
    private const int NanosecondsPerMicrosecond = 1000;

    /// <summary>Takes over an option; one that says nothing about records is passed over, and so is a damaged one.</summary>
    public static void Apply(TraceDatFile file, TraceDatOption option, byte[] data, long offset)
    {
        try
        {
            ApplyCore(file, option, data, new ByteCursor(new SectionBytes(data, offset), 0, file.Order));
        }
        catch (TraceDatException e)
        {
            file.ReportDamage(e.Message);
        }
    }

    private static void ApplyCore(TraceDatFile file, TraceDatOption option, byte[] data, ByteCursor cursor)
    {
        switch (option)
        {
            case TraceDatOption.Date:
                file.Time.AddOffset(TimeConversion.ParseOption(Text(data)) * NanosecondsPerMicrosecond);
                break;
            case TraceDatOption.Offset:
                file.Time.AddOffset(TimeConversion.ParseOption(Text(data)));
                break;
            case TraceDatOption.TraceClock:
                file.SetClock(Text(data));
                break;
            case TraceDatOption.CpuCount when data.Length <= sizeof(ulong):
                file.CpuCount = (int)Math.Min(cursor.U32("the number of CPUs"), FtraceLineTokenizer.HighestCpu + 1);
                break;
            case TraceDatOption.TimeShift when data.Length >= 16:
                file.Time.ReadTimeShift(cursor);
                break;
            case TraceDatOption.TscToNanoseconds when data.Length >= 16:
                file.Time.SetTicks(cursor.U32("a multiplier"), cursor.U32("a shift"));
                break;
        }
    }

    private static string Text(byte[] data) => Encoding.UTF8.GetString(RecordView.Terminated(data));
}

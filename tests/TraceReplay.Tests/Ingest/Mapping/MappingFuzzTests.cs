using System.Text;
using TraceReplay.Ingest;
using TraceReplay.Ingest.Mapping;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Ingest.Mapping;

/// <summary>Whatever a mapping or an event holds: the import exception or problems, nothing else, and no long wait.</summary>
public sealed class MappingFuzzTests
{
    private const int Rounds = 1500;

    // Far more than a round takes on a loaded machine.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static TheoryData<string> Names => [.. TraceFile.Below("mapped").Select(trace => trace.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Mutated_mapping_is_read_or_refused_with_its_name(string name)
    {
        var path = new TraceFile(name).FullName;
        var json = File.ReadAllBytes(Path.ChangeExtension(path, ".events.json"));
        var trace = File.ReadAllBytes(path);
        var random = new Random(11);
        var started = System.Diagnostics.Stopwatch.StartNew();
        var read = 0;
        for (var round = 0; round < Rounds; round++)
        {
            try
            {
                Check(Reading.Of(trace, EventMapping.Parse(Mutate(json, random), "m.json")));
                read++;
            }
            catch (ImportException e)
            {
                Assert.StartsWith("m.json:", e.Message, StringComparison.Ordinal);
                Assert.Contains("expected", e.Message, StringComparison.Ordinal);
                Assert.DoesNotContain(e.Message, char.IsControl);
            }
        }

        Assert.InRange(read, Rounds / 100, Rounds - 1);
        Assert.True(started.Elapsed < Patience);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Mutated_events_become_events_or_problems(string name)
    {
        var path = new TraceFile(name).FullName;
        var mapping = EventMapping.Load(Path.ChangeExtension(path, ".events.json"));
        var trace = File.ReadAllBytes(path);
        var random = new Random(12);
        var started = System.Diagnostics.Stopwatch.StartNew();
        for (var round = 0; round < Rounds; round++)
        {
            var reading = Reading.Of(Mutate(trace, random), mapping, "ftrace");
            Check(reading);
            Assert.All(reading.Problems.Kept, problem => Assert.True(problem.Line > 0));
        }

        Assert.True(started.Elapsed < Patience);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Draft_of_a_mutated_trace_is_a_mapping(string name)
    {
        using var folder = new TemporaryFolder();
        var trace = File.ReadAllBytes(new TraceFile(name).FullName);
        var random = new Random(13);
        for (var round = 0; round < Rounds / 10; round++)
        {
            var survey = EventSurvey.Read(
                [folder.Write("t", [.. "a-1 [000] 1: x: y=1\n"u8, .. Mutate(trace, random)])], new ImportOptions { Format = "ftrace" }, TestContext.Current.CancellationToken);
            Assert.NotEmpty(EventMapping.Parse(Encoding.UTF8.GetBytes(MappingDraft.Write(survey.Events)), "d").Rules);
        }
    }

    private static void Check(Reading reading) => Assert.Equal(reading.Events.Count, reading.Session.NextSeq - 1);

    private static byte[] Mutate(byte[] text, Random random)
    {
        var bytes = text.ToList();
        for (var count = random.Next(1, 5); count > 0; count--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveAt(at);
                    break;
                case 2:
                    bytes.Insert(at, "{}[]()\":,<>&|?-+*/%~!=0x9 "u8[random.Next(26)]);
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(random.Next(20), bytes.Count - at - 1));
                    break;
                case 4:
                    // A piece of the text somewhere else.
                    var from = random.Next(bytes.Count);
                    bytes.InsertRange(at, bytes.GetRange(from, Math.Min(random.Next(40), bytes.Count - from)));
                    break;
                default:
                    // Another digit: numbers that are too large, or of the wrong size.
                    var digit = bytes.FindIndex(at, b => b is >= (byte)'0' and <= (byte)'9');
                    if (digit >= 0)
                    {
                        bytes[digit] = (byte)('0' + random.Next(10));
                    }

                    break;
            }
        }

        return [.. bytes];
    }
}

using System.Globalization;
using TraceReplay.Replay;
using TraceReplay.Rules;
using TraceReplay.Tests.Generators;

namespace TraceReplay.Tests.Properties;

/// <summary>A kernel is judged as the guest of a hypervisor as it is alone: its stage 1 is the same, wherever stage 2 puts it.</summary>
public sealed class GuestTraceTests
{
    private const int Seeds = 60;

    public static TheoryData<string> MutationNames =>
        [.. Mutations.All.Where(mutation => mutation.On is TreeKind.Process or TreeKind.Kernel).Select(mutation => mutation.Name)];

    [Fact]
    public void A_correct_guest_raises_nothing_and_ends_as_told()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var summary = GuestWorld.AsGuest(GuestWorld.Alone(TraceGenerator.Generate(seed))).Replay();
            Assert.True(GeneratedTrace.Serious(summary) is [], $"seed {seed}: {string.Join('\n', GeneratedTrace.Serious(summary))}");
            Assert.True(summary is { FinalCompared: > 0, FinalDiffering: 0, FinalUnknown: 0, Gaps: 0 }, $"seed {seed}: {summary}");
        }
    }

    [Theory]
    [MemberData(nameof(MutationNames))]
    public void A_fault_of_a_guest_is_found_as_in_a_kernel_alone(string name)
    {
        var mutation = Mutations.All.Single(entry => entry.Name == name);
        for (var seed = 1; seed <= 3; seed++)
        {
            var alone = GuestWorld.Alone(GeneratedTraceTests.Spoilt(mutation, seed, isSpoilt: true));
            Assert.Equal($"{seed}: {Found(alone.Replay())}", $"{seed}: {Found(GuestWorld.AsGuest(alone).Replay())}");
        }
    }

    private static string Found(ReplaySummary summary) => string.Join('\n', summary.Findings.Where(finding => finding.Severity >= Severity.Warning).Select(
        finding => string.Create(
            CultureInfo.InvariantCulture,
            $"{finding.Rule.Id} {finding.Severity} {finding.Confidence} va 0x{finding.Va ?? 0:x} 0x{GuestWorld.AsSeenByGuest(finding.Old ?? 0):x}->0x{finding.New ?? 0:x}")));
}

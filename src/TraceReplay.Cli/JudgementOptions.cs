using System.CommandLine;
using TraceReplay.Rules;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary>The options of every command that replays: the policy, waivers, and a baseline.</summary>
internal sealed class JudgementOptions
{
    private readonly PolicyOptions _policy = new();

    private readonly Option<string?> _waivers = new("--waivers")
    {
        Description = "JSON file of findings that are accepted, with reasons; schema/README.md describes it.",
        HelpName = "file",
    };

    private readonly Option<string?> _baseline = new("--baseline")
    {
        Description = "An earlier database, already replayed: only findings that it does not have are reported.",
        HelpName = "db",
    };

    public void AddTo(Command command)
    {
        _policy.AddTo(command);
        command.Add(_waivers);
        command.Add(_baseline);
    }

    /// <summary>What was asked for. The baseline is read here, so it may be the database that is about to be replaced.</summary>
    public ReplayRequest Read(ParseResult parse)
    {
        var policy = _policy.Read(parse);
        var waiverFile = parse.GetValue(_waivers);
        var review = new FindingReview
        {
            Waivers = waiverFile is null ? [] : SettingsFile.Read(waiverFile, WaiverFile.Parse),
            Today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime),
            Baseline = parse.GetValue(_baseline) is { } baseline ? Baseline.Read(baseline) : null,
        };
        return new ReplayRequest(policy, review, waiverFile);
    }
}

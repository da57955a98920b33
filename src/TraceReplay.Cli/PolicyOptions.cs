using System.CommandLine;
using TraceReplay.Report;
using TraceReplay.Rules;

namespace TraceReplay.Cli;

/// <summary>The options that choose a policy: a profile, a file over it, and single settings over both.</summary>
internal sealed class PolicyOptions
{
    private readonly Option<string?> _profile = new("--profile")
    {
        Description = $"What to ask of the trace: {Policy.ProfileNames}.",
        HelpName = "name",
    };

    private readonly Option<string?> _file = new("--policy")
    {
        Description = "JSON file of settings over the profile; README.md describes it.",
        HelpName = "file",
    };

    private readonly Option<int?> _bbmLevel = CommonOptions.BbmLevel();

    private readonly Option<bool> _lints = new("--lints")
    {
        Description = "Judge wasted work too: breaks, and TLBIs, that change nothing. Notes, counted by site.",
    };

    public void AddTo(Command command)
    {
        command.Add(_profile);
        command.Add(_file);
        command.Add(_bbmLevel);
        command.Add(_lints);
    }

    /// <summary>The policy that was asked for.</summary>
    /// <exception cref="UsageException">There is no such profile, or two are asked for.</exception>
    /// <exception cref="InputFileException">The file is no policy.</exception>
    public Policy Read(ParseResult parse)
    {
        var profile = parse.GetValue(_profile);
        var policy = profile is null ? Policy.Default : Policy.Profile(profile) ?? throw Unknown(profile);
        if (parse.GetValue(_file) is { } file)
        {
            policy = SettingsFile.Read(file, text => Policy.Parse(text, policy));
            if (profile is not null && policy.Base is { } other && other != profile)
            {
                throw new UsageException($"{file} starts from the profile '{other}', --profile asks for '{profile}'", "one of the two");
            }
        }

        policy = parse.GetValue(_bbmLevel) is { } level ? policy with { BbmLevel = level } : policy;
        return parse.GetValue(_lints) ? policy with { Lints = true } : policy;
    }

    private static UsageException Unknown(string name)
    {
        var close = NameSuggestion.For(name, Policy.Profiles.Select(profile => profile.Name));
        return new UsageException($"no profile '{name}'", string.Join(" or ", close.Count == 0 ? Policy.Profiles.Select(profile => profile.Name) : close));
    }
}

using System.CommandLine;
using TraceReplay.Report;
using TraceReplay.Rules;

namespace TraceReplay.Cli;

/// <summary><c>tracereplay rules</c>: what is checked, and why.</summary>
internal static class RulesCommand
{
    /// <summary>The work: all rules, or one in full, with their severity under a policy.</summary>
    public static ExitCode Rules(CommandStreams streams, Pipeline pipeline, string? id, Policy policy)
    {
        var rules = pipeline.Rules(policy);
        if (id is null)
        {
            WriteList(streams, rules);
            return ExitCode.Clean;
        }

        var wanted = rules.FirstOrDefault(rule => rule.Id == id);
        if (wanted is null)
        {
            var close = NameSuggestion.For(id, rules.Select(rule => rule.Id));
            throw new UsageException(
                $"no rule '{id}'", close.Count == 0 ? "tracereplay rules for the list" : string.Join(" or ", close));
        }

        streams.Out.WriteLine($"{wanted.Id}: {wanted.Title}");
        streams.Out.WriteLine($"  severity   {wanted.Severity}");
        streams.Out.WriteLine($"  effective  {wanted.Effective}, by the policy {policy}");
        streams.Out.WriteLine($"  Arm rules  {wanted.ArmRules}");
        streams.Out.WriteLine($"  raised     {wanted.Condition}");
        streams.Out.WriteLine();
        streams.Out.WriteLine(wanted.Explanation);
        return ExitCode.Clean;
    }

    // A terminal has room for the titles; RULE ID has the rest.
    private static void WriteList(CommandStreams streams, IReadOnlyList<RuleText> rules)
    {
        var format = ResultOutput.FormatOf(asked: null, file: null, streams);
        var list = format == ResultOutput.Table
            ? new ListedRows(["id", "severity", "effective", "title"], rules.Select(rule => (string[])[rule.Id, rule.Severity, rule.Effective, rule.Title]))
            : new ListedRows(
                ["id", "severity", "effective", "title", "arm_rules", "condition", "explanation"],
                rules.Select(rule => (string[])[rule.Id, rule.Severity, rule.Effective, rule.Title, rule.ArmRules, rule.Condition, rule.Explanation]));
        ResultOutput.Write(list, format, file: null, streams);
    }

    public static Command Create(CommandStreams streams, Pipeline pipeline)
    {
        var id = new Argument<string?>("id") { Description = "A rule to explain.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("rules", "List the rules, or explain one.") { id };
        var policy = new PolicyOptions();
        policy.AddTo(command);
        command.SetWork(streams, (parse, _) => Rules(streams, pipeline, parse.GetValue(id), policy.Read(parse)));
        return command;
    }
}

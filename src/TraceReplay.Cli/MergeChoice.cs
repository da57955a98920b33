using System.CommandLine;
using System.Globalization;
using TraceReplay.Ingest.Merging;

namespace TraceReplay.Cli;

/// <summary>The options that merge traces by time.</summary>
internal sealed class MergeChoice
{
    private readonly Option<bool> _merge = new("--merge")
    {
        Description = "The traces are of one time, not pieces one after another: merge them by time.",
    };

    private readonly Option<string[]> _offset = new("--offset")
    {
        Description = "With --merge, add this to the times of a trace: hyp.log=+1.5ms, in ns, us, ms or s (the default), or ticks of a counter.",
        HelpName = "trace=time",
    };

    private readonly Option<string[]> _cpuOffset = new("--cpu-offset")
    {
        Description = "With --merge, add this to the CPU numbers of a trace, where its CPUs are not those of the others.",
        HelpName = "trace=n",
    };

    public void AddTo(Command command)
    {
        command.Add(_merge);
        command.Add(_offset);
        command.Add(_cpuOffset);
    }

    /// <summary>What was asked for; null for pieces of one capture.</summary>
    /// <exception cref="UsageException">The options do not fit one another or the traces.</exception>
    public MergeOptions? Read(ParseResult parse, IReadOnlyList<string> paths)
    {
        var offsets = ByPath(_offset, parse, paths, ClockOffset.Parse);
        var cpuOffsets = ByPath(_cpuOffset, parse, paths, ParseCpus);
        if (!parse.GetValue(_merge))
        {
            return offsets.Count + cpuOffsets.Count == 0
                ? null
                : throw new UsageException("an offset is of traces that are merged by time", "--merge");
        }

        if (paths.Count < 2)
        {
            throw new UsageException("--merge with one trace", "another trace to merge it with");
        }

        return paths.Distinct(StringComparer.Ordinal).Count() == paths.Count
            ? new MergeOptions { Offsets = offsets, CpuOffsets = cpuOffsets }
            : throw new UsageException("a trace is named twice, and --merge would read it as two", "each trace once");
    }

    private static Dictionary<string, T> ByPath<T>(Option<string[]> option, ParseResult parse, IReadOnlyList<string> paths, Func<string, T> read)
    {
        var values = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var text in parse.GetValue(option) ?? [])
        {
            // A path may hold the mark, an offset cannot.
            var at = text.LastIndexOf('=');
            var path = at < 0 ? null : PathOf(text[..at], paths);
            if (path is null)
            {
                throw new UsageException($"{option.Name} {text}: names none of the traces, or more than one", $"{option.Name} {paths[^1]}=...");
            }

            try
            {
                if (!values.TryAdd(path, read(text[(at + 1)..])))
                {
                    throw new UsageException($"{option.Name} is there twice for {path}", "one of them");
                }
            }
            catch (FormatException e)
            {
                throw new UsageException($"{option.Name}: {e.Message}", $"{option.Name} {path}=...");
            }
        }

        return values;
    }

    // As it was given, or by the name of its file where that is enough.
    private static string? PathOf(string name, IReadOnlyList<string> paths)
    {
        if (paths.Contains(name, StringComparer.Ordinal))
        {
            return name;
        }

        var fitting = paths.Where(path => Path.GetFileName(path) == name).ToList();
        return fitting.Count == 1 ? fitting[0] : null;
    }

    private static int ParseCpus(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var cpus)
        ? cpus
        : throw new FormatException($"'{text}' is no number of CPUs");
}

using System.CommandLine;
using System.CommandLine.Parsing;
using TraceReplay.Ingest;
using TraceReplay.Ingest.Images;
using TraceReplay.Report;

namespace TraceReplay.Cli;

/// <summary>Arguments and options that several commands have.</summary>
internal static class CommonOptions
{
    /// <summary>Name of the argument for a database that exists.</summary>
    public const string DatabaseName = "db";

    /// <summary>Name of the option for a database to be made.</summary>
    public const string NewDatabaseName = "--db";

    private const int HighestBbmLevel = 3;

    public static Argument<string[]> Traces() => new("trace")
    {
        Description = "Traces: consecutive pieces of one capture, or with --merge of one time; '-' reads standard input.",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Argument<string> ExistingDatabase() => new(DatabaseName)
    {
        Description = "A database made by 'tracereplay import' or 'tracereplay analyze'.",
    };

    public static Option<string?> NewDatabase(bool isRequired) => new(NewDatabaseName)
    {
        Description = isRequired
            ? "The database to make."
            : "The database to make; without it none is kept, and only the reports about findings are written.",
        HelpName = "file",
        Required = isRequired,
    };

    public static Option<bool> Force() => new("--force") { Description = "Replace the database when it exists." };

    public static Option<string?> Format()
    {
        var option = new Option<string?>("--format")
        {
            Description = "Format of the traces: ftrace, trace-cmd-report, perf-script or trace-dat; told from the content when not given.",
            HelpName = "name",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && TraceReaders.Find(result.Tokens[0].Value) is null)
            {
                result.AddError($"no format '{result.Tokens[0].Value}': expected one of {TraceReaders.Names}");
            }
        });
        return option;
    }

    public static Option<string?> Events() => new("--events")
    {
        Description = "A mapping of the trace's own events to the vocabulary; 'tracereplay events --draft' writes one to start from.",
        HelpName = "file",
    };

    public static Option<string?> Symbols() => new("--symbols")
    {
        Description = "Name program counters by this file: /proc/kallsyms, a System.map or a vmlinux, plain or gzip; without it by the symbols in a trace.dat.",
        HelpName = "file",
    };

    public static Option<ulong?> KaslrOffset() => Address(
        "--kaslr", "Program counter minus address of the symbols; without it 0, or what puts the program counters into fitting functions.");

    public static Option<bool> Nanoseconds() => new("--nanoseconds")
    {
        Description = "Times of a trace.dat in nanoseconds, as 'trace-cmd report -t' prints them; without it in microseconds, as 'trace-cmd report' does.",
    };

    public static Option<MemoryFile[]> InitialMemory()
    {
        var option = new Option<MemoryFile[]>("--initial-memory")
        {
            Description = "Raw memory as it was at the begin of the trace, from a physical address on: ram.bin@0x40000000. Tables that a TTBR of the trace leads to are taken from it.",
            HelpName = "file@address",
            CustomParser = result => [.. result.Tokens.Select(token => ParseMemory(token.Value, result)).OfType<MemoryFile>()],
        };
        return option;
    }

    public static Option<int?> BbmLevel()
    {
        var option = new Option<int?>("--bbm-level")
        {
            Description = "FEAT_BBM level to assume, 0..3; without it what the trace says, else 0.",
            HelpName = "n",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1
                && (!int.TryParse(result.Tokens[0].Value, out var level) || level is < 0 or > HighestBbmLevel))
            {
                result.AddError($"'{result.Tokens[0].Value}' is no FEAT_BBM level: expected 0, 1, 2 or 3");
            }
        });
        return option;
    }

    public static Option<ulong?> Address(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "address",
        CustomParser = ParseAddress,
    };

    public static Option<int?> Asid() => new("--asid")
    {
        Description = "Only address spaces loaded under this ASID.",
        HelpName = "n",
    };

    private static MemoryFile? ParseMemory(string text, ArgumentResult result)
    {
        var at = text.LastIndexOf('@');
        if (at > 0 && AddressText.TryParse(text[(at + 1)..], out var address))
        {
            return new MemoryFile(text[..at], address);
        }

        result.AddError($"'{text}' is no memory: expected a file, @ and a physical address, such as ram.bin@0x40000000");
        return null;
    }

    private static ulong? ParseAddress(ArgumentResult result)
    {
        if (AddressText.TryParse(result.Tokens[0].Value, out var value))
        {
            return value;
        }

        result.AddError($"'{result.Tokens[0].Value}' is no address: expected 0x hex or a decimal number");
        return null;
    }
}

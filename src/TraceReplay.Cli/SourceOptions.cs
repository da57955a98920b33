using System.CommandLine;
using TraceReplay.Ingest.Images;

namespace TraceReplay.Cli;

/// <summary>The arguments and options of every command that imports: the traces, what goes with them, and the database to make.</summary>
/// <param name="isDatabaseRequired">False for a command that can do without one.</param>
internal sealed class SourceOptions(bool isDatabaseRequired)
{
    private readonly Argument<string[]> _traces = CommonOptions.Traces();
    private readonly Option<string?> _database = CommonOptions.NewDatabase(isDatabaseRequired);
    private readonly Option<bool> _force = CommonOptions.Force();
    private readonly Option<string?> _format = CommonOptions.Format();
    private readonly Option<string?> _events = CommonOptions.Events();
    private readonly Option<string?> _symbols = CommonOptions.Symbols();
    private readonly Option<ulong?> _kaslr = CommonOptions.KaslrOffset();
    private readonly Option<MemoryFile[]> _memory = CommonOptions.InitialMemory();
    private readonly Option<bool> _nanoseconds = CommonOptions.Nanoseconds();
    private readonly MergeChoice _merge = new();

    public void AddTo(Command command)
    {
        command.Add(_traces);
        command.Add(_database);
        command.Add(_force);
        command.Add(_format);
        command.Add(_events);
        command.Add(_symbols);
        command.Add(_kaslr);
        _merge.AddTo(command);
        command.Add(_memory);
        command.Add(_nanoseconds);
    }

    /// <summary>What was asked for.</summary>
    /// <exception cref="UsageException">The options do not fit one another or the traces.</exception>
    public ImportRequest Read(ParseResult parse)
    {
        var traces = parse.GetRequiredValue(_traces);
        return new ImportRequest(traces, parse.GetValue(_database), parse.GetValue(_format), parse.GetValue(_force))
        {
            EventsPath = parse.GetValue(_events),
            SymbolsPath = parse.GetValue(_symbols),
            KaslrOffset = parse.GetValue(_kaslr),
            Merge = _merge.Read(parse, traces),
            InitialMemory = parse.GetValue(_memory) ?? [],
            KeepsNanoseconds = parse.GetValue(_nanoseconds),
        };
    }
}

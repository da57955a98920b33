using System.CommandLine;
using TraceReplay.Cli;
using TraceReplay.Report;
using TraceReplay.Store;
using TraceReplay.Tests.Report;

namespace TraceReplay.Tests.Cli;

/// <summary>A directory, the two streams as strings, and a pipeline whose importer makes the sample database.</summary>
internal sealed class CommandFixture : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly StringWriter _error = new() { NewLine = "\n" };

    public CommandFixture() =>
        Streams = new CommandStreams(_output, _error, OutIsTerminal: false, ErrorIsTerminal: false, Width: 80);

    public CommandStreams Streams { get; set; }

    public string Output => _output.ToString();

    public string Error => _error.ToString();

    public Pipeline Pipeline { get; set; } = new(
        (request, _, _) => SampleDatabase.CreateFile(request.DatabasePath!),
        (request, _, _, _) => TraceDatabase.Open(SampleDatabase.CreateFile(request.DatabasePath!), writable: false),
        (_, _, _, _) => { },
        _ => [new RuleText("bbm-oa-change", "Output address changed", "error", "warning", "R_WHZWS", "Why it matters.", "When.")]);

    public string File(string name) => _directory.File(name);

    public string Sample() => SampleDatabase.CreateFile(File("sample.db"));

    /// <summary>A file of these bytes.</summary>
    public string Bytes(string name, params byte[] content)
    {
        System.IO.File.WriteAllBytes(File(name), content);
        return File(name);
    }

    /// <summary>The sample database after a change.</summary>
    public string Sample(string sql)
    {
        var path = Sample();
        using var database = TraceDatabase.Open(path, writable: true);
        Dapper.SqlMapper.Execute(database.Connection, sql);
        return path;
    }

    /// <summary>Runs a command line as the process would.</summary>
    public async Task<ExitCode> RunAsync(params string[] arguments) =>
        (ExitCode)await Commands.RunAsync(arguments, Root(), Streams);

    /// <summary>Leaves out what was written before the last command.</summary>
    public void DropOutput(int length) => _output.GetStringBuilder().Remove(0, length);

    public RootCommand Root() => Commands.Create(Streams, Pipeline);

    public void Dispose() => _directory.Dispose();
}

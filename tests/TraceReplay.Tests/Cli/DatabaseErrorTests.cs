using TraceReplay.Cli;
using TraceReplay.Store;
using Xunit;

namespace TraceReplay.Tests.Cli;

/// <summary>Databases that cannot be used: every command that takes one says why and returns 3.</summary>
public sealed class DatabaseErrorTests : IDisposable
{
    private static readonly string[][] DatabaseCommands =
    [
        ["info", "{db}"],
        ["query", "{db}"],
        ["query", "{db}", "findings"],
        ["walk", "{db}", "--va", "0x1000"],
        ["history", "{db}", "--pa", "0x1000"],
        ["replay", "{db}"],
    ];

    private readonly CommandFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public Task Missing_database_is_exit_status_3() => Refused(_fixture.File("missing.db"), "no such file");

    [Fact]
    public Task A_directory_is_exit_status_3() => Refused(Path.GetDirectoryName(_fixture.File("x"))!, "a directory");

    [Fact]
    public Task An_empty_file_is_exit_status_3() => Refused(_fixture.Bytes("empty.db"), "an empty file");

    [Fact]
    public Task A_text_file_is_exit_status_3() =>
        Refused(_fixture.Bytes("text.db", [.. Enumerable.Repeat((byte)'x', 4096)]), "not a database");

    [Fact]
    public Task Another_schema_version_is_exit_status_3() =>
        Refused(_fixture.Sample("PRAGMA user_version = 99"), "schema version 99");

    [Fact]
    public Task An_import_that_did_not_finish_is_exit_status_3()
    {
        var path = _fixture.File("partial.db");
        TraceDatabase.Create(path).Dispose();
        return Refused(path, "an import that did not finish");
    }

    [Fact]
    public Task A_database_of_another_program_is_exit_status_3() =>
        Refused(_fixture.Sample("PRAGMA application_id = 1"), "not one of TraceReplay");

    [Fact]
    public Task A_truncated_database_is_exit_status_3()
    {
        var path = _fixture.Sample();
        using (var stream = File.OpenWrite(path))
        {
            stream.SetLength(5000);
        }

        return Refused(path, path);
    }

    private async Task Refused(string path, string message)
    {
        foreach (var command in DatabaseCommands)
        {
            using var fixture = new CommandFixture();
            string[] arguments = [.. command.Select(word => word == "{db}" ? path : word)];
            Assert.Equal((string.Join(' ', arguments), ExitCode.BadInput), (string.Join(' ', arguments), await fixture.RunAsync(arguments)));
            Assert.Contains(message, fixture.Error, StringComparison.Ordinal);
            Assert.Empty(fixture.Output);
        }
    }
}

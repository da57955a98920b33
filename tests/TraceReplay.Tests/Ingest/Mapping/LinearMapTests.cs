using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Ingest.Mapping;
using TraceReplay.Store;

namespace TraceReplay.Tests.Ingest.Mapping;

public sealed partial class LinearMapTests
{
    private const string Json = """
        { "linear_map": "learn", "events": [
            { "event": "my_store", "text": "ptep {ptep:x} {old:x} -> {new:x} level {level}",
              "emit": { "event": "pgtable_write", "pa": "pa(ptep)", "old": "old", "new": "new", "level": "level" } } ] }
        """;

    [Theory]
    [InlineData(0xffff000000000000ul - 0x40000000)]
    [InlineData(0xffff63bfc0000000ul)]
    [InlineData(0xfff8123400000000ul)]
    public void Real_stores_by_virtual_address_give_the_events_of_those_by_physical_address(ulong offset)
    {
        using var folder = new TemporaryFolder();
        var lines = CaptureLines().Where(line => !line.Contains("pgtable_write", StringComparison.Ordinal) || Store().IsMatch(line)).ToList();
        var plain = folder.Write("plain", Text(lines.Select(line => Store().Replace(line, "pgtable_write: pa=0x$2 old=0x$3 new=0x$4 level=$1"))));
        var virtualised = folder.Write("virtual", Text(lines.Select(line => Store().Replace(line, match =>
            $"my_store: ptep {ulong.Parse(match.Groups[2].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture) + offset:x16} "
            + $"{match.Groups[3].Value} -> {match.Groups[4].Value} level {match.Groups[1].Value}"))));
        var expected = Import(plain, new ImportOptions());
        Assert.Contains(expected, e => e is PageTableWrite);
        Assert.Equal(expected, Import(virtualised, new ImportOptions { Mapping = Mappings.Of(Json) }));

        IReadOnlyList<object> Import(string path, ImportOptions options)
        {
            TraceImporter.Import([path], folder["t.db"], options with { Force = true }, null, TestContext.Current.CancellationToken);
            using var database = TraceDatabase.Open(folder["t.db"], writable: false);
            var sink = new RecordingSink();
            new EventReader(database).Read(sink, TestContext.Current.CancellationToken);
            return sink.Events;
        }
    }

    [Theory]
    [InlineData("ptep 00000000a1b2c3d8 0 -> 43 level 2", "none of 1 stores has a virtual address of the kernel (does it print hashed pointers? boot with no_hash_pointers, or print %px)")]
    [InlineData("ptep ffff000001000008 0 -> 41000003 level 2", "1 tables are stored to and 1 pointed to, and no one offset explains them")]
    public void What_cannot_be_learnt_is_said(string text, string expected)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("t", Encoding.UTF8.GetBytes($"a-1 [000] 1: my_store: {text}\n"));
        var refusal = Assert.Throws<ImportException>(() => TraceImporter.Import(
            [path], folder["t.db"], new ImportOptions { Mapping = Mappings.Of(Json) }, null, TestContext.Current.CancellationToken));
        Assert.Equal($"m.json: linear_map: cannot be learnt: {expected}; expected \"virtual\" and \"physical\"", refusal.Message);
        Assert.Equal(["t"], folder.Files);
    }

    [Fact]
    public void Standard_input_cannot_be_read_twice()
    {
        using var folder = new TemporaryFolder();
        var options = new ImportOptions { Mapping = Mappings.Of(Json), StandardInput = new MemoryStream("a-1 [000] 1: x: y\n"u8.ToArray()) };
        var refusal = Assert.Throws<ImportException>(() => TraceImporter.Import(
            ["-"], folder["t.db"], options, null, TestContext.Current.CancellationToken));
        Assert.Contains("the trace is read twice, which standard input cannot be", refusal.Message, StringComparison.Ordinal);
    }

    private static List<string> CaptureLines()
    {
        using var gzip = new GZipStream(
            File.OpenRead(Path.Combine(RepositoryPaths.Root, "traces", "captures", "workload-start.trace-cmd-report.gz")), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    private static byte[] Text(IEnumerable<string> lines) => Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n");

    [GeneratedRegex(@"pgtable_write: +level=(\d) pa=0x([0-9a-f]+) old=0x([0-9a-f]+) new=0x([0-9a-f]+).*")]
    private static partial Regex Store();
}

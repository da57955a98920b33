using Dapper;
using TraceReplay.Report;
using TraceReplay.Store;
using Xunit;

namespace TraceReplay.Tests.Report;

public sealed class CsvReportTests
{
    private static readonly CannedQuery Markers = QueryHeader.Parse(
        "markers",
        "-- title: Markers\n-- summary: Texts.\n-- column: seq number\n-- column: text its text\n"
        + "SELECT seq, (SELECT text FROM name WHERE id = text_id) AS text FROM marker ORDER BY seq;\n");

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"hi\"", "\"say \"\"hi\"\"\"")]
    [InlineData("two\nlines", "\"two\nlines\"")]
    [InlineData("carriage\rreturn", "\"carriage\rreturn\"")]
    [InlineData("=1+1", "=1+1")]
    [InlineData("", "")]
    public void Fields_are_quoted_as_rfc_4180_has_it(string text, string field)
    {
        using var directory = new TemporaryDirectory();
        using var database = WithMarker(directory, text);
        using var result = QueryResult.Run(database, Markers);
        using var output = new StringWriter();
        Assert.Equal(1, CsvReport.Write(result, output));
        Assert.Equal($"seq,text\n1,{field}\n", output.ToString());
    }

    [Fact]
    public void A_file_has_no_byte_order_mark_and_bare_line_feeds()
    {
        using var directory = new TemporaryDirectory();
        using var database = WithMarker(directory, "é");
        using var result = QueryResult.Run(database, Markers);
        var path = directory.File("markers.csv");
        CsvReport.WriteFile(result, path);
        Assert.Equal("seq,text\n1,é\n"u8.ToArray(), File.ReadAllBytes(path));
        Assert.Empty(Directory.GetFiles(directory.FullName, "*.partial"));
    }

    [Fact]
    public void Json_keeps_numbers_texts_and_null_apart()
    {
        using var directory = new TemporaryDirectory();
        using var database = SampleDatabase.Create(directory.File("sample.db"));
        using var result = QueryResult.Run(database, "tlbi_sites");
        using var output = new StringWriter();
        Assert.Equal(2, JsonReport.Write(result, output));
        Assert.Equal(
            """
            [
            {"site":"flush_tlb_page+0x10 [mm]","operation":"vale1is","count":1,"covered":1,"records":1,"ineffective":0,"first_line":27},
            {"site":null,"operation":"vale1is","count":1,"covered":0,"records":0,"ineffective":0,"first_line":21}
            ]

            """,
            output.ToString(),
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void Json_of_no_rows_is_an_empty_array()
    {
        using var directory = new TemporaryDirectory();
        using var database = TraceDatabase.Create(directory.File("empty.db"));
        using var result = QueryResult.Run(database, "traces");
        using var output = new StringWriter();
        JsonReport.Write(result, output);
        Assert.Equal("[]\n", output.ToString());
    }

    [Theory]
    [InlineData("0xffff800080000000", 0xffff800080000000)]
    [InlineData("0XFF", 0xff)]
    [InlineData("4096", 4096)]
    public void Addresses_are_read_as_hex_or_decimal(string text, ulong value)
    {
        Assert.True(AddressText.TryParse(text, out var parsed));
        Assert.Equal(value, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("-1")]
    [InlineData("ffff")]
    [InlineData("0x1ffff800080000000")]
    public void Other_texts_are_no_addresses(string text) => Assert.False(AddressText.TryParse(text, out _));

    [Fact]
    public void Addresses_have_sixteen_digits() => Assert.Equal("0x0000000040003028", AddressText.Format(0x40003028));

    private static TraceDatabase WithMarker(TemporaryDirectory directory, string text)
    {
        var database = TraceDatabase.Create(directory.File("marker.db"));
        database.Connection.Execute("INSERT INTO name VALUES (1, @text); INSERT INTO marker VALUES (1, 1, 0, 0, 0, 1)", new { text });
        return database;
    }
}

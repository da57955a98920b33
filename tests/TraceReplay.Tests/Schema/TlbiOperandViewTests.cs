using Dapper;
using TraceReplay.Store;
using TraceReplay.Tests.Arm;
using TraceReplay.Tests.Report;

namespace TraceReplay.Tests.Schema;

public sealed class TlbiOperandViewTests
{
    [Fact]
    public void The_view_decodes_as_the_library_does()
    {
        using var directory = new TemporaryDirectory();
        using var database = TraceDatabase.Create(directory.File("tlbi.db"));
        VectorFile.Check("Arm/tlbi_operands.txt", row =>
        {
            var bytes = row[1] switch { "4k" => 4096, "16k" => 16384, _ => 65536 };
            database.Connection.Execute(
                """
                DELETE FROM tlbi; DELETE FROM name; DELETE FROM replay; DELETE FROM sysreg_write;
                INSERT INTO name VALUES (1, @operation), (2, 'tcr_el1');
                INSERT INTO replay VALUES (1, 0, @bytes, 'tcr', 0, 0, 0, 0, 0, '{}', NULL);
                INSERT INTO sysreg_write VALUES (1, 1, 0, 0, 0, 2, @tcr, NULL);
                INSERT INTO tlbi VALUES (2, 2, 0, 0, 0, 1, @operand, NULL);
                """,
                new
                {
                    operation = row[0] == "range" ? "rvae1is" : "vae1is",
                    bytes,
                    tcr = row[2] == "1" ? 1L << 59 : 0,
                    operand = (long)row.Number(4),
                });
            var (first, last, asid) = database.Connection.QuerySingle<(long, long, long)>("SELECT va_first, va_last, asid FROM _tlbi_operand");
            var start = row[5] == "*" ? "*" : $"0x{first:x}";
            var end = row[6] == "*" ? "*" : $"0x{last:x}";
            return ($"{row[5]} {row[6]} {row.Number(7)}", $"{start} {end} {asid}");
        });
    }

    [Theory]
    [InlineData("vae1", true, false, false)]
    [InlineData("vale1is", true, true, true)]
    [InlineData("vaale1os", false, true, true)]
    [InlineData("rvaae1isnxs", false, false, true)]
    [InlineData("rvale1", true, true, false)]
    [InlineData("aside1is", true, false, true)]
    [InlineData("vmalle1", false, false, false)]
    [InlineData("vmalle1is", false, false, true)]
    [InlineData("alle1os", false, false, true)]
    public void Operations_are_told_apart(string operation, bool hasAsid, bool isLastLevel, bool isBroadcast)
    {
        using var directory = new TemporaryDirectory();
        using var database = TraceDatabase.Create(directory.File("tlbi.db"));
        database.Connection.Execute(
            "INSERT INTO name VALUES (1, @operation); INSERT INTO tlbi VALUES (2, 2, 0, 0, 0, 1, 0, NULL)", new { operation });
        Assert.Equal(
            (hasAsid, isLastLevel, isBroadcast),
            database.Connection.QuerySingle<(bool, bool, bool)>("SELECT asid IS NOT NULL, is_last_level, is_broadcast FROM _tlbi_operand"));
    }

    [Theory]
    [InlineData("ipas2e1is")]
    [InlineData("vae2is")]
    [InlineData("alle3")]
    [InlineData("vmallws2e1is")]
    public void Other_regimes_and_stages_are_left_out(string operation)
    {
        using var directory = new TemporaryDirectory();
        using var database = TraceDatabase.Create(directory.File("tlbi.db"));
        database.Connection.Execute(
            "INSERT INTO name VALUES (1, @operation); INSERT INTO tlbi VALUES (2, 2, 0, 0, 0, 1, 0, NULL)", new { operation });
        Assert.Equal(0, database.Connection.ExecuteScalar<long>("SELECT count(*) FROM _tlbi_operand"));
    }
}

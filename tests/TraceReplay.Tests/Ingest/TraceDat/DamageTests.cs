using TraceReplay.Events;
using TraceReplay.Ingest;

namespace TraceReplay.Tests.Ingest.TraceDat;

/// <summary>Files that were cut or changed.</summary>
public sealed class DamageTests
{
    [Theory]
    [InlineData("v6")]
    [InlineData("v7")]
    [InlineData("v7-zlib")]
    [InlineData("v7-zlib-big")]
    [InlineData("v7-sub-buffer")]
    public void File_cut_anywhere_gives_its_records_up_to_there(string name)
    {
        var whole = DatSamples.Make(name);
        var all = Reading.Of(whole).Events.Select(WithoutPlace).ToHashSet();
        var most = 0;
        for (var length = 11; length < whole.Length; length += length < 256 ? 7 : 193)
        {
            Reading cut;
            try
            {
                cut = Reading.Of(whole[..length]);
            }
            catch (ImportException)
            {
                continue;
            }

            Assert.True(cut.Source.Text.IsDamaged, $"cut at {length}");
            Assert.True(cut.Problems.Count(ImportProblems.DamagedTraceDat) > 0);
            Assert.All(cut.Events.Where(e => e is not LostEvents), e => Assert.Contains(WithoutPlace(e), all));
            most = Math.Max(most, cut.Events.Count(e => e is not LostEvents));
        }

        // Version 6 ends with records; version 7 with the list of buffers, without which they are searched.
        Assert.True(most >= all.Count * 3 / 4, $"{most} of {all.Count}");
    }

    [Fact]
    public void Events_that_cannot_be_read_are_lost_where_they_were()
    {
        var whole = DatSamples.Make("v7");
        var before = Reading.Of(whole);

        // The size of the data of the second page of the first CPU.
        whole[FindPage(whole, 2_000_100_000) + 10] = 0xff;
        var found = Reading.Of(whole);
        Assert.True(found.Source.Text.IsDamaged);
        Assert.Equal(before.Events.Count - 12 + 1, found.Events.Count);
        var lost = Assert.Single(found.Events.OfType<LostEvents>());
        Assert.Equal((0, null), (lost.Header.Cpu, lost.Count));
        Assert.Contains("at offset 0x", found.Problems.Kept[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Compressed_piece_that_is_damaged_costs_its_own_records_only()
    {
        var whole = DatSamples.Make("v7-zlib");
        var before = Reading.Of(whole);

        // Inside the first piece of pages; the options are behind.
        var damaged = 0;
        for (var at = 4096 + 60; at < 4096 + 100; at++)
        {
            var changed = (byte[])whole.Clone();
            changed[at] ^= 0xff;
            var found = Reading.Of(changed);
            Assert.True(found.Events.Count(e => e is not LostEvents) >= before.Events.Count - 24);
            damaged += found.Source.Text.IsDamaged ? 1 : 0;
        }

        Assert.True(damaged > 0);
    }

    [Fact]
    public void Ring_buffer_page_of_no_size_is_not_taken()
    {
        var whole = DatSamples.Make("v6");
        var size = whole.AsSpan().IndexOf("size:4080;"u8);
        "size:0000;"u8.CopyTo(whole.AsSpan(size));
        var offset = whole.AsSpan(0, size).LastIndexOf("offset:16;"u8);
        "offset:00;"u8.CopyTo(whole.AsSpan(offset));
        Assert.Equal(120, Reading.Of(whole).Events.Count);
    }

    [Fact]
    public void Zeros_in_place_of_the_end_do_not_hold_up_the_search()
    {
        var whole = DatSamples.Make("v7");
        var cut = Reading.Of([.. whole[..(whole.Length / 2)], .. new byte[4 << 20]]);
        Assert.True(cut.Source.Text.IsDamaged);
        Assert.NotEmpty(cut.Events);
    }

    [Fact]
    public void Damaged_trace_is_imported_and_marked()
    {
        using var folder = new TemporaryFolder();
        var whole = DatSamples.Make("v6");
        var result = TraceImporter.Import(
            [folder.Write("t", whole.AsSpan(0, whole.Length - 5000))], folder["t.db"], new ImportOptions(), null, TestContext.Current.CancellationToken);
        Assert.True(result.IsDamaged);
        Assert.True(result.Events > 60);
    }

    [Fact]
    public void Damaged_gzip_of_a_trace_is_told_too()
    {
        var gzip = File.ReadAllBytes(TraceDatReaderTests.Captured("workload-start-v6.trace.dat.gz"));
        var found = Reading.Of(gzip[..^2000]);
        Assert.True(found.Source.Text.IsDamaged);
        Assert.Equal(1, found.Problems.Count(ImportProblems.TruncatedGzip));
        Assert.NotEmpty(found.Events);
    }

    private static int FindPage(byte[] file, ulong time)
    {
        for (var at = 0; at + 8 <= file.Length; at += 4096)
        {
            if (BitConverter.ToUInt64(file, at) == time)
            {
                return at;
            }
        }

        throw new InvalidOperationException("no such page");
    }

    // What an event tells, but for its place in the order.
    private static string WithoutPlace(object e)
    {
        var header = TraceDatReaderTests.Header(e);
        return e.ToString()!.Replace(header.ToString(), $"{header.Time} {header.Cpu}", StringComparison.Ordinal);
    }
}

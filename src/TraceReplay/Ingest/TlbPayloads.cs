using TraceReplay.Events;

namespace TraceReplay.Ingest;

/// <summary>Payloads of <c>tlb_fill</c> and <c>tlb_evict</c>.</summary>
internal static class TlbPayloads
{
    private const ulong LargestEntry = 1UL << 52;

    /// <summary><c>va=0xffff800010000000 size=0x1000 pa=0x48000000 el=1 vmid=0x1 asid=0x7 walk=1</c></summary>
    public static void Fill(ReadOnlySpan<byte> payload, LineContext context) => Read(payload, isEviction: false, context);

    /// <summary>The same without <c>pa=</c>.</summary>
    public static void Evict(ReadOnlySpan<byte> payload, LineContext context) => Read(payload, isEviction: true, context);

    private static void Read(ReadOnlySpan<byte> payload, bool isEviction, LineContext context)
    {
        ulong? va = null, pa = null, size = null;
        int? level = null, vmid = null, asid = null, walk = null;
        var fields = new FieldReader(payload);
        while (fields.Next(out var key, out var value))
        {
            if (key.SequenceEqual("va"u8))
            {
                va = context.Optional("va", value);
            }
            else if (key.SequenceEqual("size"u8))
            {
                size = context.Optional("size", value);
            }
            else if (key.SequenceEqual("pa"u8))
            {
                pa = context.Optional("pa", value);
            }
            else if (key.SequenceEqual("el"u8))
            {
                level = context.Optional("el", value, 1, 2);
            }
            else if (key.SequenceEqual("vmid"u8))
            {
                vmid = context.Optional("vmid", value, 0, ushort.MaxValue);
            }
            else if (key.SequenceEqual("asid"u8))
            {
                asid = context.Optional("asid", value, 0, ushort.MaxValue);
            }
            else if (key.SequenceEqual("walk"u8))
            {
                walk = context.Optional("walk", value, 0, 1);
            }
        }

        if (va is not { } start || level is not { } exceptionLevel || size is not { } bytes || (pa is null && !isEviction))
        {
            context.ReportMissing(isEviction ? "tlb_evict" : "tlb_fill", isEviction ? "va=, size= and el=" : "va=, size=, pa= and el=");
        }
        else if (bytes is 0 or > LargestEntry)
        {
            context.Malformed("size", default, $"1..0x{LargestEntry:x} bytes");
        }
        else
        {
            context.Sink.On(new TlbEntry(
                context.NextHeader(), isEviction, walk == 1, start, bytes, isEviction ? null : pa, exceptionLevel, (ushort?)vmid, (ushort?)asid));
        }
    }
}

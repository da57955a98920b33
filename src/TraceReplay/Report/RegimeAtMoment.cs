using Dapper;
using TraceReplay.Arm;
using TraceReplay.Store;

namespace TraceReplay.Report;

/// <summary>How descriptors were read at a moment: by the last writes to TCR_EL1 and MAIR_EL1 before it.</summary>
internal static class RegimeAtMoment
{
    private const string LastWrite =
        """
        SELECT s.value FROM sysreg_write AS s JOIN name AS n ON n.id = s.register_id
        WHERE n.text = @register AND s.seq <= @seq ORDER BY s.seq DESC LIMIT 1
        """;

    /// <summary>TCR_EL1 at a moment; null when the trace does not tell it.</summary>
    public static TranslationControl? Control(TraceDatabase database, long seq) =>
        database.Connection.QueryFirstOrDefault<long?>(LastWrite, new { register = "tcr_el1", seq }) is { } tcr
            ? new TranslationControl((ulong)tcr)
            : null;

    /// <summary>The layout of stage 2 at a moment, by the last write to VTCR_EL2; that of a granule where the trace does not tell it.</summary>
    public static DescriptorFormat Stage2Format(TraceDatabase database, long seq, Granule granule)
    {
        var written = (ulong?)database.Connection.QueryFirstOrDefault<long?>(LastWrite, new { register = "vtcr_el2", seq });
        return (written is { } vtcr ? new TranslationControl(vtcr, ControlLayout.Stage2).FormatOf(0, secure: false) : null)
            ?? new DescriptorFormat(
                granule, Ds: false, Lpa: false, HardwareAccessFlag: false, HardwareDirty: null, Secure: false, DescriptorLayout.Stage2);
    }

    /// <summary>The layout and memory attributes for an address at a moment.</summary>
    public static DescriptorComparer Read(TraceDatabase database, long seq, ulong va)
    {
        var half = (int)(va >> 55) & 1;
        var memoryAttributes = (ulong?)database.Connection.QueryFirstOrDefault<long?>(LastWrite, new { register = "mair_el1", seq });
        if (Control(database, seq)?.FormatOf(half, secure: false) is { } format)
        {
            return new DescriptorComparer(format, memoryAttributes);
        }

        var bytes = database.Connection.QueryFirstOrDefault<long?>("SELECT granule_bytes FROM replay") ?? Granule.Size4K.Bytes;
        var granule = Granule.FromBytes(bytes) ?? Granule.Size4K;
        return new DescriptorComparer(
            new DescriptorFormat(granule, Ds: false, Lpa: false, HardwareAccessFlag: false, HardwareDirty: null, Secure: false),
            memoryAttributes);
    }
}

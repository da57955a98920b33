using TraceReplay.Rules;

namespace TraceReplay.Tests.Traces;

/// <summary>One scenario of a labelled capture: the lines between its markers, and what the labels say of it.</summary>
/// <param name="Name">Name in the markers and labels.</param>
/// <param name="First">Line of the begin marker.</param>
/// <param name="Last">Line of the end marker.</param>
/// <param name="Labels">Its verdicts in the labels, such as <c>VIOL</c>.</param>
internal sealed record Scenario(string Name, long First, long Last, IReadOnlySet<string> Labels)
{
    public bool IsViolation => Labels.Contains("VIOL");

    public bool IsClean => Labels.Count == 1 && Labels.Contains("CLEAN");

    public bool Holds(Finding finding) => finding.Where.Line >= First && finding.Where.Line <= Last;
}

/// <summary>Reads the scenarios of a labelled capture, and knows which rules fit them.</summary>
internal static class Scenarios
{
    // More than one where the faults of a scenario can be described in more than one way: on a machine that issues TLBIs all the time
    // "none for this entry" and "one for another address" are the same.
    private static readonly Dictionary<string, string[]> FittingRules = new(StringComparer.Ordinal)
    {
        ["oa_change_live"] = [RuleId.OutputAddressChange],
        ["ro_oa_live_diff"] = [RuleId.OutputAddressChange],
        ["attr_change_live"] = [RuleId.MemoryType, RuleId.Cacheability],
        ["ng_change_live"] = [RuleId.NonGlobalToGlobal],
        ["break_no_tlbi"] = [RuleId.NoTlbi, RuleId.TlbiAddress],
        ["wrong_va"] = [RuleId.TlbiAddress, RuleId.NoTlbi],
        ["range_miss"] = [RuleId.TlbiRange],
        ["bad_ttl"] = [RuleId.TlbiTtl],
        ["tlbi_before_break"] = [RuleId.NoTlbi, RuleId.TlbiAddress],
        ["no_dsb_before_tlbi"] = [RuleId.NoDsbBeforeTlbi],
        ["no_dsb_after_tlbi"] = [RuleId.NoDsbAfterTlbi],
        ["weak_dsb_after"] = [RuleId.WeakDsb],
        ["st_dsb_after"] = [RuleId.WeakDsb],
        ["remote_bad"] = [RuleId.MakeBeforeRemoteDsb, RuleId.NoTlbi, RuleId.TlbiAddress],
        ["local_tlbi"] = [RuleId.TlbiLocal],
        ["u_wrong_asid"] = [RuleId.TlbiAsid, RuleId.NoTlbi],
        ["u_block_to_table_live"] = [RuleId.BlockToTable],
        ["u_table_leafonly_tlbi"] = [RuleId.TlbiLastLevel],
        ["clear_cont_loop"] = [RuleId.ContiguousChange],
        ["set_cont_live"] = [RuleId.ContiguousChange],
        ["set_cont_partial"] = [RuleId.ContiguousChange, RuleId.ContiguousPartialSet],
        ["cont_bad_oa"] = [RuleId.ContiguousDiscontiguous, RuleId.ContiguousMisaligned],
        ["cont_perm_one"] = [RuleId.ContiguousAttributes],
        ["cont_break_one_tlbi_one"] = [RuleId.TlbiAddress, RuleId.NoTlbi],
        ["copy_swap_stale"] = [RuleId.TableCopyStale],
        ["copy_swap_stale_rm"] = [RuleId.TableCopyStale],
        ["copy_swap_live_write"] = [RuleId.TableCopyStale],
        ["copy_swap_noflush"] = [RuleId.AsidReuse],
        ["efi_live_split"] = [RuleId.BlockToTable, RuleId.ContiguousChange],
        ["efi_unload_noflush"] = [RuleId.AsidReuse],
        ["late_perm_chunk_mismatch"] = [RuleId.BlockToTable, RuleId.ContiguousChange, RuleId.ContiguousAttributes],
        ["page_reuse_before_tlbi"] = [RuleId.PageReuse],
        ["table_reuse_before_tlbi"] = [RuleId.TableReuse],
        ["asid_reuse"] = [RuleId.AsidReuse],
        ["ng_global_overlap"] = [RuleId.GlobalOverlap],
        ["ng_global_overlap_out"] = [RuleId.GlobalOverlap],
    };

    /// <summary>The rules that name the fault of a scenario.</summary>
    public static IReadOnlyList<string> RulesOf(Scenario scenario) => FittingRules.GetValueOrDefault(scenario.Name, []);

    /// <summary>The scenarios of a capture, in order.</summary>
    public static IReadOnlyList<Scenario> Of(string capture)
    {
        var labels = Labels(capture.Replace(".ftrace.gz", ".labels.tsv", StringComparison.Ordinal));
        var open = new Dictionary<string, long>(StringComparer.Ordinal);
        var scenarios = new List<Scenario>();
        var line = 0L;
        foreach (var text in CaptureFile.Lines(capture))
        {
            line++;
            var at = text.IndexOf("SCENARIO ", StringComparison.Ordinal);
            if (at < 0)
            {
                continue;
            }

            var words = text[at..].Split(' ');
            if (words[2] == "begin")
            {
                open[words[1]] = line;
            }
            else if (words[2] == "end" && open.Remove(words[1], out var first))
            {
                scenarios.Add(new Scenario(words[1], first, line, labels.GetValueOrDefault(words[1], [])));
            }
        }

        return scenarios;
    }

    private static Dictionary<string, HashSet<string>> Labels(string name)
    {
        var labels = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(CaptureFile.Find(name)).Skip(1))
        {
            var fields = line.Split('\t');
            if (!labels.TryGetValue(fields[0], out var verdicts))
            {
                labels.Add(fields[0], verdicts = new HashSet<string>(StringComparer.Ordinal));
            }

            verdicts.Add(fields[1]);
        }

        return labels;
    }
}

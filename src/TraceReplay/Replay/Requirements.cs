using TraceReplay.Arm;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>What a change asks for, by the capability of the CPUs and the side that the policy takes where the architecture leaves room.</summary>
internal sealed class Requirements(MachineState machine, Policy policy)
{
    private readonly bool _executePermission = policy.Errata.Contains(ErratumId.ExecutePermission);

    /// <summary>FEAT_BBM level of the least capable CPU.</summary>
    public int BbmLevel { get; set; } = policy.BbmLevel ?? 0;

    /// <summary>What a change asks for.</summary>
    /// <param name="change">The change.</param>
    /// <param name="noTranslate">True when one of two sizes has nT=1.</param>
    /// <param name="format">Layout of the values.</param>
    /// <param name="oldValue">The value that may be cached.</param>
    /// <param name="newValue">The value made.</param>
    public Requirement Of(in DescriptorChange change, bool noTranslate, DescriptorFormat format, ulong oldValue, ulong newValue)
    {
        if (policy.UpExempt && machine.Facts.CpuCount == 1)
        {
            return Requirement.None;
        }

        switch (change.Class)
        {
            case TransitionClass.TableSwapEqual:
                return Of(policy.TableSwap);
            case TransitionClass.ContiguousChange when BbmLevel == 0:
                return Of(policy.ContChange);
            case TransitionClass.GlobalToNonGlobal when policy.NgStrict:
            case TransitionClass.PermissionRestrict when _executePermission && LosesUserExecution(format, oldValue, newValue):
                return Requirement.BreakBeforeMake;
        }

        // Where no conflict abort is possible, level 2 has what level 3 has.
        var level = policy.NoAbort && BbmLevel == 2 ? 3 : BbmLevel;
        return change.RequirementAt(level, noTranslate);
    }

    private static Requirement Of(Strictness strictness) => strictness switch
    {
        Strictness.Error => Requirement.BreakBeforeMake,
        Strictness.Warn => Requirement.Hazard,
        _ => Requirement.None,
    };

    private static bool LosesUserExecution(DescriptorFormat format, ulong oldValue, ulong newValue) =>
        format.Layout == DescriptorLayout.TwoRanges && (~oldValue & newValue & DescriptorBits.UserExecuteNever) != 0;
}

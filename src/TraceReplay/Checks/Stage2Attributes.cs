using TraceReplay.Arm;

namespace TraceReplay.Checks;

/// <summary>Who may execute.</summary>
[Flags]
internal enum Execution
{
    None = 0,

    Privileged = 1,

    User = 2,

    All = Privileged | User,
}

/// <summary>Attributes of stage 2 in words that a dump and a descriptor can be compared by.</summary>
internal static class Stage2Attributes
{
    private const ulong Read = 1ul << 6;
    private const ulong Write = 1ul << 7;
    private const ulong NoXs = 1ul << 11;
    private const int ExecuteNeverShift = 53;

    /// <summary>The attributes of a leaf descriptor that a kernel with these words prints.</summary>
    public static string Of(Stage2Words words, ulong value)
    {
        // XN[1:0] (FEAT_XNX): 0 all, 1 user only, 2 none, 3 privileged only. Kernels that print one word look at bit 54 alone.
        var field = (value >> ExecuteNeverShift) & 3;
        var execution = words == Stage2Words.ByPrivilege
            ? field switch { 0 => Execution.All, 1 => Execution.User, 2 => Execution.None, _ => Execution.Privileged }
            : (field & 2) == 0 ? Execution.All : Execution.None;
        return Text(
            words, (value & Read) != 0, (value & Write) != 0, execution, (value & DescriptorBits.AccessFlag) != 0,
            (value & DescriptorBits.Contiguous) != 0, (value & NoXs) != 0);
    }

    /// <summary>Attributes as words.</summary>
    public static string Text(Stage2Words words, bool canRead, bool canWrite, Execution execution, bool isAccessed, bool isContiguous, bool isNoXs)
    {
        List<string> text = [];
        Add(canRead, "R");
        Add(canWrite, "W");
        if (words == Stage2Words.ByPrivilege)
        {
            Add(execution.HasFlag(Execution.Privileged), "px");
            Add(execution.HasFlag(Execution.User), "ux");
        }
        else
        {
            Add(execution == Execution.All, "X");
        }

        Add(isAccessed, "AF");
        Add(isContiguous && words == Stage2Words.ExecuteNever, "CON");
        Add(isNoXs && words == Stage2Words.ExecuteNever, "FnXS");

        // Something is mapped, if nobody may do anything with it.
        return text.Count == 0 ? "no access" : string.Join(' ', text);

        void Add(bool isSet, string word)
        {
            if (isSet)
            {
                text.Add(word);
            }
        }
    }
}

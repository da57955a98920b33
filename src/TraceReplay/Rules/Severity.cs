namespace TraceReplay.Rules;

/// <summary>How bad a finding is; confidence is separate.</summary>
public enum Severity
{
    /// <summary>Worth knowing.</summary>
    Info = 0,

    /// <summary>A hazard that needs context.</summary>
    Warning = 1,

    /// <summary>An architecture rule is broken, or data can be lost.</summary>
    Error = 2,
}

/// <summary>How sure a verdict is, by what the trace could tell.</summary>
public enum Confidence
{
    /// <summary>Events were lost in the window, or the level is not known: not shown unless asked for.</summary>
    Unknown = 0,

    /// <summary>An input is absent: barriers, MAIR, page contents, or whether the table is live.</summary>
    Possible = 1,

    /// <summary>One inference was used.</summary>
    Likely = 2,

    /// <summary>All events that the rule needs are in the trace, and liveness is proven by a TTBR.</summary>
    Certain = 3,
}

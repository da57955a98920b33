namespace TraceReplay.Ingest.Mapping;

/// <summary>What names mean in the expressions of one event: its fields, the names of its <c>let</c>, and the constants of the file.</summary>
internal sealed class ExpressionScope
{
    /// <summary>The number of the repetition.</summary>
    public const string Index = "i";

    private readonly IReadOnlyDictionary<string, ulong> _constants;
    private readonly List<string> _names = [];
    private readonly bool _isClosed;

    /// <param name="constants">Constants of the file.</param>
    /// <param name="fields">Names of the fields where a template tells them, null where any word of the text may be one.</param>
    public ExpressionScope(IReadOnlyDictionary<string, ulong> constants, IEnumerable<string>? fields)
    {
        _constants = constants;
        _isClosed = fields is not null;
        _names.AddRange(fields ?? []);
    }

    /// <summary>Names of the slots, in order.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>True inside an output that is repeated.</summary>
    public bool HasIndex { get; set; }

    /// <summary>True when the file tells a linear map.</summary>
    public bool HasLinearMap { get; init; }

    /// <summary>True when no event has to be read for it.</summary>
    public bool IsConstant { get; init; }

    /// <summary>What a name means.</summary>
    /// <exception cref="ExpressionException">Nothing.</exception>
    public Expression Find(string name)
    {
        if (HasIndex && name == Index)
        {
            return new IndexExpression();
        }

        // A field or a let hides a constant, as the inner name does everywhere.
        if (!_names.Contains(name) && _constants.TryGetValue(name, out var value))
        {
            return new ConstantExpression(value);
        }

        return new FieldExpression(Slot(name));
    }

    /// <summary>The slot of a field or let.</summary>
    /// <exception cref="ExpressionException">There is none of this name.</exception>
    public int Slot(string name)
    {
        var slot = _names.IndexOf(name);
        if (slot >= 0)
        {
            return slot;
        }

        if (IsConstant)
        {
            throw new ExpressionException($"'{name}' is not known; expected numbers and constants above it");
        }

        if (_isClosed)
        {
            throw new ExpressionException(
                $"'{name}' is no field of the text; expected {(_names.Count == 0 ? "a field in its template" : $"one of {string.Join(", ", _names)}")}");
        }

        return Add(name);
    }

    /// <summary>Gives a name a slot of its own.</summary>
    public int Add(string name)
    {
        _names.Add(name);
        return _names.Count - 1;
    }

    /// <summary><c>pa(address)</c>.</summary>
    /// <exception cref="ExpressionException">The file tells no linear map.</exception>
    public Expression Physical(Expression address) => HasLinearMap
        ? new PhysicalExpression(address)
        : throw new ExpressionException("pa() needs the linear map; expected \"linear_map\" at the top of the file: \"learn\", or \"virtual\" and \"physical\"");
}

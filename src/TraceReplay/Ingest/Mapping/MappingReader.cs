using System.Text.Json;

namespace TraceReplay.Ingest.Mapping;

/// <summary>Compiles the rules of a mapping; what is wrong is told with its line and what was expected there.</summary>
internal sealed class MappingReader(string file)
{
    // Each is a node of a tree that is walked; nobody writes longer ones.
    private const int LongestText = 4000;

    // For one event of a trace each rule of its name is tried.
    private const int MostRules = 10_000;

    /// <summary>Members of the file, for the schema.</summary>
    public static readonly string[] FileMembers = ["$schema", "note", "levels", "linear_map", "constants", "events"];

    /// <summary>Members of an event.</summary>
    public static readonly string[] EventMembers = ["event", "text", "note", "levels", "hex", "let", "when", "emit"];

    /// <summary>Members of an output, besides the keys of its event.</summary>
    public static readonly string[] OutputMembers = ["event", "note", "when", "repeat"];

    // What a trace calls the text that a kernel or a program prints.
    private static readonly string[] PrintEvents = ["trace_printk", "bprint", "print", "bputs", "tracing_mark_write", "bpf_trace_printk"];

    private readonly Dictionary<string, ulong> _constants = new(StringComparer.Ordinal);
    private bool _isX86;
    private bool _hasLinearMap;

    /// <summary>Compiles a file.</summary>
    /// <exception cref="ImportException">It is no mapping.</exception>
    public EventMapping Read(MappingJson root)
    {
        CheckMembers(root, "the file", FileMembers);
        _isX86 = IsX86(root.Member("levels"), "the file", isX86: false);
        ReadConstants(root.Member("constants"));
        var (map, isLearnt) = ReadLinearMap(root.Member("linear_map"));
        _hasLinearMap = map is not null || isLearnt;
        var events = root.Member("events") ?? throw Fail(root, "the file", "expected \"events\", a list of what the events become");
        Expect(events, JsonTokenType.StartArray, "events", "a list of objects");
        if (events.Items.Count is 0 or > MostRules)
        {
            throw Fail(events, "events", $"expected 1..{MostRules} events, found {events.Items.Count}");
        }

        return new EventMapping(file, [.. events.Items.Select(ReadRule)], map, isLearnt);
    }

    private MappingRule ReadRule(MappingJson json)
    {
        Expect(json, JsonTokenType.StartObject, "events", "an object with \"event\" and \"emit\"");
        var names = ReadNames(json.Member("event"));
        var where = names.Count > 0 ? names[0] : json.Member("text")?.Text ?? "an event";
        CheckMembers(json, where, EventMembers);
        var isPrint = names.All(name => PrintEvents.Contains(name));
        if (!isPrint && names.Any(name => PrintEvents.Contains(name)))
        {
            throw Fail(json, where, $"a print beside other events; expected two events of the mapping, since {string.Join(", ", PrintEvents)} are told by their \"text\"");
        }

        if (isPrint && json.Member("text") is null)
        {
            throw Fail(json, where, "expected \"event\", the name of an event, or \"text\", what a trace_printk prints");
        }

        var template = json.Member("text") is { } text ? Compile(text, where, "text", TextTemplate.Parse) : null;
        if (isPrint && template!.FirstWord.IsEmpty)
        {
            throw Fail(json.Member("text")!, where, $"text: '{template.Source}' begins with a field or blank, and every printed text is compared with it; expected a word first");
        }

        var scope = Scope(template?.Fields);
        var hex = new HashSet<string>(template?.HexFields ?? [], StringComparer.Ordinal);
        hex.UnionWith(ReadHex(json.Member("hex"), template, where));
        var lets = ReadLets(json.Member("let"), scope, where);
        var when = ReadFormula(json.Member("when"), scope, where, "when");
        var isX86 = IsX86(json.Member("levels"), where, _isX86);
        var emit = json.Member("emit") ?? throw Fail(json, where, "expected \"emit\", what the event becomes: an object, a list, or [] for nothing");
        var outputs = (emit.Type == JsonTokenType.StartArray ? emit.Items : [emit]).Select(item => ReadOutput(item, scope, where, isX86)).ToList();
        return new MappingRule
        {
            Line = json.Line,
            Events = isPrint ? [] : names,
            Template = template,
            Names = scope.Names,
            HexFields = hex,
            Lets = lets,
            When = when,
            Outputs = outputs,
        };
    }

    private MappingOutput ReadOutput(MappingJson json, ExpressionScope scope, string where, bool isX86)
    {
        Expect(json, JsonTokenType.StartObject, $"{where}: emit", "an object with \"event\" and its keys");
        var name = json.Member("event") ?? throw Fail(json, where, $"emit: expected \"event\", one of {Vocabulary}");
        Expect(name, JsonTokenType.String, $"{where}: emit: event", $"one of {Vocabulary}");
        var output = VocabularyOutput.Find(name.Text) ?? throw Fail(name, where, $"emit: no event '{name.Text}' in the vocabulary; expected one of {Vocabulary}");
        foreach (var key in output.Keys.Where(key => key.IsRequired && json.Member(key.Name) is null))
        {
            throw Fail(json, where, $"emit {output.Name}: expected \"{key.Name}\"");
        }

        var repeat = ReadFormula(json.Member("repeat"), scope, where, "repeat");
        scope.HasIndex = repeat is not null;
        var when = ReadFormula(json.Member("when"), scope, where, "when");
        var values = new List<OutputValue>();
        foreach (var (key, value) in json.Members.Where(member => !OutputMembers.Contains(member.Name)))
        {
            var known = output.Key(key)
                ?? throw Fail(value, where, $"emit {output.Name}: no key '{key}'; expected one of {string.Join(", ", output.Keys.Select(k => k.Name).Concat(OutputMembers))}");
            values.Add(ReadValue(known, value, scope, $"{where}: {output.Name}", isX86));
        }

        scope.HasIndex = false;
        var ordered = values.OrderBy(value => output.Keys.TakeWhile(key => key.Name != value.Key.Name).Count()).ToList();
        return new MappingOutput(output.Name, FtraceEvents.ParserOf(output.Name), ordered, when, repeat);
    }

    private OutputValue ReadValue(OutputKey key, MappingJson json, ExpressionScope scope, string where, bool isX86)
    {
        if (key.Kind is OutputKind.Word or OutputKind.Text)
        {
            if (json.Type is not (JsonTokenType.String or JsonTokenType.Number))
            {
                throw Fail(json, where, $"{key.Name}: expected a text, found {json.Kind}");
            }

            return new OutputValue(key, null, Compile(json, where, key.Name, text => OutputText.Parse(text, scope)), json.Line);
        }

        var formula = ReadFormula(json, scope, where, key.Name)!;
        if (key.Kind == OutputKind.Level && isX86)
        {
            // x86 counts from the leaf, 1 is a 4K page; Arm counts from the root, 3 is one.
            const ulong sum = 4;
            formula = formula with { Value = new BinaryExpression(BinaryOperator.Subtract, new ConstantExpression(sum), formula.Value) };
        }

        return new OutputValue(key, formula, null, json.Line);
    }

    private List<string> ReadNames(MappingJson? json)
    {
        if (json is null)
        {
            return [];
        }

        var items = json.Type == JsonTokenType.StartArray ? json.Items : [json];
        var names = new List<string>();
        foreach (var item in items)
        {
            Expect(item, JsonTokenType.String, "event", "the name of an event, or a list of names");

            // The text of ftrace does not tell the system, so only the event is compared.
            var name = item.Text[(item.Text.LastIndexOf(':') + 1)..];
            if (name.Length == 0 || name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
            {
                throw Fail(item, "event", $"'{item.Text}' is no name; expected 'event' or 'system:event'");
            }

            names.Add(name);
        }

        return names;
    }

    private IEnumerable<string> ReadHex(MappingJson? json, TextTemplate? template, string where)
    {
        if (json is null)
        {
            return [];
        }

        if (template is not null)
        {
            throw Fail(json, where, "hex: the fields of a text tell it themselves; expected {name:x} in the text");
        }

        Expect(json, JsonTokenType.StartArray, $"{where}: hex", "a list of fields that are printed in hex without 0x");
        foreach (var item in json.Items)
        {
            Expect(item, JsonTokenType.String, $"{where}: hex", "the name of a field");
        }

        return json.Items.Select(item => item.Text);
    }

    private List<(int Slot, MappingFormula Formula)> ReadLets(MappingJson? json, ExpressionScope scope, string where)
    {
        var lets = new List<(int, MappingFormula)>();
        if (json is null)
        {
            return lets;
        }

        Expect(json, JsonTokenType.StartObject, $"{where}: let", "an object of names and expressions");
        foreach (var (name, value) in json.Members)
        {
            CheckName(name, value, $"{where}: let");
            var formula = ReadFormula(value, scope, where, name)!;
            if (scope.Names.Contains(name))
            {
                throw Fail(value, where, $"let: '{name}' is a field of the event already; expected another name");
            }

            lets.Add((scope.Add(name), formula));
        }

        return lets;
    }

    private void ReadConstants(MappingJson? json)
    {
        if (json is null)
        {
            return;
        }

        Expect(json, JsonTokenType.StartObject, "constants", "an object of names and numbers");
        foreach (var (name, value) in json.Members)
        {
            CheckName(name, value, "constants");
            _constants[name] = Constant(value, "constants", name);
        }
    }

    private (LinearMap? Map, bool IsLearnt) ReadLinearMap(MappingJson? json)
    {
        const string expected = "\"learn\", or an object with \"virtual\" and \"physical\", the addresses of one place";
        if (json is null)
        {
            return (null, false);
        }

        if (json.Type == JsonTokenType.String && json.Text == "learn")
        {
            return (null, true);
        }

        Expect(json, JsonTokenType.StartObject, "linear_map", expected);
        CheckMembers(json, "linear_map", ["virtual", "physical"]);
        if (json.Member("virtual") is not { } virtualAddress || json.Member("physical") is not { } physicalAddress)
        {
            throw Fail(json, "linear_map", $"expected {expected}");
        }

        return (new LinearMap(Constant(virtualAddress, "linear_map", "virtual"), Constant(physicalAddress, "linear_map", "physical")), false);
    }

    private ulong Constant(MappingJson json, string where, string key)
    {
        var formula = ReadFormula(json, new ExpressionScope(_constants, null) { IsConstant = true }, where, key)!;
        var fields = new EventFields([], new HashSet<string>(), null);
        var value = formula.Value.Evaluate(fields);
        return fields.Fault is { } fault ? throw Fail(json, where, $"{key}: {fault}; expected a number") : value;
    }

    private MappingFormula? ReadFormula(MappingJson? json, ExpressionScope scope, string where, string key)
    {
        if (json is null)
        {
            return null;
        }

        if (json.Type is not (JsonTokenType.String or JsonTokenType.Number))
        {
            throw Fail(json, where, $"{key}: expected an expression or a number, found {json.Kind}");
        }

        return new MappingFormula(key, json.Line, Compile(json, where, key, text => ExpressionParser.Parse(text, scope)));
    }

    private T Compile<T>(MappingJson json, string where, string key, Func<string, T> compile)
    {
        if (json.Type is not (JsonTokenType.String or JsonTokenType.Number) || json.Text.Length > LongestText)
        {
            throw Fail(json, where, $"{key}: expected a text of at most {LongestText} characters, found {(json.Text.Length > LongestText ? json.Text.Length : json.Kind)}");
        }

        try
        {
            return compile(json.Text);
        }
        catch (ExpressionException e)
        {
            throw Fail(json, where, $"{key}: {e.Message}");
        }
    }

    private bool IsX86(MappingJson? json, string where, bool isX86) => (json?.Type, json?.Text) switch
    {
        (null, _) => isX86,
        (JsonTokenType.String, "x86") => true,
        (JsonTokenType.String, "arm") => false,
        _ => throw Fail(json!, where, "levels: expected \"arm\" (3 is a 4K page) or \"x86\" (1 is a 4K page)"),
    };

    private ExpressionScope Scope(IReadOnlyList<string>? fields) => new(_constants, fields) { HasLinearMap = _hasLinearMap };

    private static string Vocabulary => string.Join(", ", VocabularyOutput.All.Select(output => output.Name));

    private void CheckMembers(MappingJson json, string where, string[] known)
    {
        Expect(json, JsonTokenType.StartObject, where, $"an object with {string.Join(", ", known)}");
        foreach (var (name, value) in json.Members)
        {
            if (!known.Contains(name))
            {
                throw Fail(value, where, $"no member '{name}'; expected one of {string.Join(", ", known)}");
            }
        }
    }

    private void CheckName(string name, MappingJson json, string where)
    {
        if (name.Length == 0 || char.IsAsciiDigit(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            throw Fail(json, where, $"'{name}' is no name; expected letters, digits and _");
        }
    }

    private void Expect(MappingJson json, JsonTokenType type, string where, string expected)
    {
        if (json.Type != type)
        {
            throw Fail(json, where, $"expected {expected}, found {json.Kind}");
        }
    }

    private ImportException Fail(MappingJson json, string where, string what) => new($"{file}:{json.Line}: {ImportProblems.Printable(where)}: {ImportProblems.Printable(what)}");
}

using System.Text;

namespace TraceReplay.Ingest.Mapping;

/// <summary>Turns events into those of the vocabulary, as a mapping says.</summary>
internal sealed class MappedEvents : EventHook
{
    // Entries in a 64K table, the largest that one call can fill.
    private const int MostRepeats = 8192;

    // 'function: event: text'.
    private const int DeepestPrefix = 2;

    private readonly EventMapping _mapping;
    private readonly (byte[] Name, Entry[] Entries)[] _byName;
    private readonly Entry[] _prints;
    private readonly OutputBuffer _output = new();

    public MappedEvents(EventMapping mapping)
    {
        _mapping = mapping;
        var entries = mapping.Rules.Select(rule => new Entry(rule, new EventFields(rule.Names, rule.HexFields, mapping.LinearMap))).ToList();
        _prints = [.. entries.Where(entry => entry.Rule.Events.Count == 0)];
        _byName =
        [
            .. entries.SelectMany(entry => entry.Rule.Events.Select(name => (name, entry)))
                .GroupBy(pair => pair.name, StringComparer.Ordinal)
                .Select(group => (Encoding.UTF8.GetBytes(group.Key), group.Select(pair => pair.entry).ToArray())),
        ];
    }

    private enum Outcome
    {
        NoMatch,
        Excluded,
        Done,
    }

    private sealed record Entry(MappingRule Rule, EventFields Fields);

    /// <summary>
    /// Looks for a rule of the event, and as the vocabulary does for one of an event that is named in a print:
    /// <c>bprint: function: event: text</c>, <c>function: text</c>.
    /// </summary>
    public override bool Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> payload, LineContext context)
    {
        for (var depth = 0; ; depth++)
        {
            var entries = Find(name);
            if (entries is not null && Apply(entries, name, payload, isOnlyMeaning: true, context))
            {
                return true;
            }

            if (FtraceEvents.IsEvent(name))
            {
                return false;
            }

            if (_prints.Length > 0 && Apply(_prints, name, payload, isOnlyMeaning: false, context))
            {
                return true;
            }

            var colon = payload.IndexOf((byte)':');
            if (depth == DeepestPrefix || colon <= 0 || payload[..colon].Contains((byte)' '))
            {
                return false;
            }

            name = payload[..colon];
            payload = payload[(colon + 1)..].TrimStart((byte)' ');
        }
    }

    private Entry[]? Find(ReadOnlySpan<byte> name)
    {
        foreach (var (known, entries) in _byName)
        {
            if (name.SequenceEqual(known))
            {
                return entries;
            }
        }

        return null;
    }

    // isOnlyMeaning: the name says that one of the rules must fit.
    private bool Apply(Entry[] entries, ReadOnlySpan<byte> name, ReadOnlySpan<byte> payload, bool isOnlyMeaning, LineContext context)
    {
        var isExcluded = false;
        foreach (var entry in entries)
        {
            switch (Apply(entry, name, payload, context))
            {
                case Outcome.Done:
                    return true;
                case Outcome.Excluded:
                    isExcluded = true;
                    break;
            }
        }

        if (isExcluded)
        {
            context.Skip(name);
        }
        else if (isOnlyMeaning)
        {
            ReportNoMatch(entries[0], name, payload, context);
        }

        return isExcluded || isOnlyMeaning;
    }

    private Outcome Apply(Entry entry, ReadOnlySpan<byte> name, ReadOnlySpan<byte> payload, LineContext context)
    {
        var (rule, fields) = (entry.Rule, entry.Fields);
        if (rule.Template is { } template)
        {
            if (!payload.StartsWith(template.FirstWord))
            {
                return Outcome.NoMatch;
            }

            fields.Begin(payload);
            if (!template.Match(payload, fields, out _, out _))
            {
                return Outcome.NoMatch;
            }
        }
        else
        {
            fields.Begin(payload);
            fields.ReadWords();
        }

        foreach (var (slot, formula) in rule.Lets)
        {
            fields.SetNumber(slot, formula.Value.Evaluate(fields));
            if (Failed(formula, fields, name, context))
            {
                return Outcome.Done;
            }
        }

        if (rule.When is { } when)
        {
            var isWanted = when.Value.Evaluate(fields) != 0;
            if (Failed(when, fields, name, context))
            {
                return Outcome.Done;
            }

            if (!isWanted)
            {
                return Outcome.Excluded;
            }
        }

        // All of it or nothing: half of a composite event would be judged as what it is not.
        _output.Clear();
        foreach (var output in rule.Outputs)
        {
            if (!Write(output, fields, name, context))
            {
                return Outcome.Done;
            }
        }

        if (_output.Count == 0)
        {
            context.Skip(name);
        }

        _output.Send(context);
        return Outcome.Done;
    }

    private bool Write(MappingOutput output, EventFields fields, ReadOnlySpan<byte> name, LineContext context)
    {
        var count = 1ul;
        fields.Index = 0;
        if (output.Repeat is { } repeat)
        {
            count = repeat.Value.Evaluate(fields);
            if (count > MostRepeats)
            {
                fields.Fail($"{count} times; expected at most {MostRepeats}");
            }

            if (Failed(repeat, fields, name, context))
            {
                return false;
            }
        }

        for (var i = 0ul; i < count; i++)
        {
            fields.Index = i;
            if (output.When is { } when)
            {
                var isWanted = when.Value.Evaluate(fields) != 0;
                if (Failed(when, fields, name, context))
                {
                    return false;
                }

                if (!isWanted)
                {
                    continue;
                }
            }

            foreach (var value in output.Values)
            {
                Write(value, fields);
                if (Failed(value.Key.Name, value.Line, fields, name, context))
                {
                    return false;
                }
            }

            _output.End(output.Parse);
        }

        return true;
    }

    private void Write(OutputValue value, EventFields fields)
    {
        _output.Append(value.Key.Prefix);
        if (value.Text is { } text)
        {
            text.Write(fields, _output, value.Key.Kind == OutputKind.Word);
            return;
        }

        var number = value.Formula!.Value.Evaluate(fields);
        if (value.Key.Kind == OutputKind.Hex)
        {
            _output.AppendHex(number);
        }
        else
        {
            _output.AppendSigned(number);
        }
    }

    private bool Failed(MappingFormula formula, EventFields fields, ReadOnlySpan<byte> name, LineContext context) =>
        Failed(formula.Key, formula.Line, fields, name, context);

    private bool Failed(string key, int line, EventFields fields, ReadOnlySpan<byte> name, LineContext context)
    {
        if (fields.Fault is not { } fault)
        {
            return false;
        }

        var found = ImportProblems.Quote(name);
        context.Report(ImportProblems.MappingFailed, $"{found}, {_mapping.File}:{line}: {key}: {fault}; the event was not stored");
        return true;
    }

    private void ReportNoMatch(Entry entry, ReadOnlySpan<byte> name, ReadOnlySpan<byte> payload, LineContext context)
    {
        var template = entry.Rule.Template!;
        template.Match(payload, entry.Fields, out var reached, out var expected);
        var found = ImportProblems.Quote(name);
        var rest = ImportProblems.Quote(payload[reached..]);
        context.Report(
            ImportProblems.MappingFailed,
            $"{found}, {_mapping.File}:{entry.Rule.Line}: text: expected {expected} at '{rest}', as of '{template.Source}'; the event was not stored");
    }
}

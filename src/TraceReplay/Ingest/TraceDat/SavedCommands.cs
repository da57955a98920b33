using System.Globalization;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>Command names of tasks, as <c>saved_cmdlines</c> lists them: <c>44 init</c>.</summary>
internal sealed class SavedCommands
{
    private readonly Dictionary<int, byte[]> _names = [];

    /// <summary>Reads the list; lines that are no task are passed over.</summary>
    public static SavedCommands Parse(ReadOnlySpan<byte> text)
    {
        var commands = new SavedCommands();
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = RecordView.Terminated(text[range]).TrimStart((byte)' ');
            var blank = line.IndexOf((byte)' ');
            if (blank > 0 && int.TryParse(line[..blank], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var pid))
            {
                commands._names.TryAdd(pid, line[blank..].TrimStart((byte)' ').ToArray());
            }
        }

        return commands;
    }

    /// <summary>The name trace-cmd prints for a task.</summary>
    public ReadOnlySpan<byte> Name(int pid) => _names.TryGetValue(pid, out var name) ? name : pid == 0 ? "<idle>"u8 : "<...>"u8;
}

using System.Text.RegularExpressions;

namespace TraceReplay.Tests.Docs;

/// <summary>The folders of the library refer to one another in one direction only.</summary>
public sealed partial class LayeringTests
{
    // Each folder, and those it may refer to: only ones above it in this list.
    private static readonly (string Folder, string[] Refers)[] Layers =
    [
        ("Arm",    []),
        ("Events", []),
        ("Symbols", []),
        ("Export", ["Arm", "Events"]),
        ("Rules",  ["Events"]),
        ("Replay", ["Arm", "Events", "Rules"]),
        ("Store",  ["Arm", "Events", "Rules", "Replay"]),
        ("Ingest", ["Arm", "Events", "Symbols", "Replay", "Store"]),
        ("Slices", ["Events", "Export", "Ingest", "Replay", "Rules", "Store"]),
        ("Report", ["Arm", "Rules", "Store"]),
        ("Checks", ["Arm", "Replay", "Report", "Store"]),
    ];

    public static TheoryData<string> Folders => [.. Layers.Select(layer => layer.Folder)];

    [Fact]
    public void Every_folder_is_listed() =>
        Assert.Equal(
            Layers.Select(layer => layer.Folder).Order(StringComparer.Ordinal),
            Directory.GetDirectories(Library).Select(path => Path.GetFileName(path)!)
                .Where(name => name is not ("bin" or "obj")).Order(StringComparer.Ordinal));

    [Fact]
    public void The_list_has_no_circle()
    {
        List<string> above = [];
        foreach (var (folder, refers) in Layers)
        {
            Assert.All(refers, name => Assert.Contains(name, above));
            above.Add(folder);
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_refers_to_what_the_list_says(string folder)
    {
        var allowed = Layers.Single(layer => layer.Folder == folder).Refers;
        var found = References(folder).ToList();
        Assert.Empty(found.Where(reference => !allowed.Contains(reference.Layer)).Select(reference => reference.Place));
        Assert.Equal(allowed.Order(StringComparer.Ordinal), found.Select(reference => reference.Layer).Distinct().Order(StringComparer.Ordinal));
    }

    private static string Library => Path.Combine(RepositoryPaths.Root, "src", "TraceReplay");

    private static IEnumerable<(string Layer, string Place)> References(string folder)
    {
        foreach (var file in Directory.GetFiles(Path.Combine(Library, folder), "*.cs", SearchOption.AllDirectories))
        {
            var number = 0;
            foreach (var line in File.ReadLines(file))
            {
                number++;
                foreach (var layer in Reference().Matches(line).Select(match => match.Groups[1].Value))
                {
                    if (layer != folder && Layers.Any(known => known.Folder == layer))
                    {
                        yield return (layer, $"{Path.GetFileName(file)}:{number}: {line.Trim()}");
                    }
                }
            }
        }
    }

    // In a using directive, or written out at its use.
    [GeneratedRegex(@"\bTraceReplay\.(\w+)")]
    private static partial Regex Reference();
}

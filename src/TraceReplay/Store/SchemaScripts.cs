using System.Reflection;

namespace TraceReplay.Store;

/// <summary>The <c>.sql</c> files of <c>schema/</c>, embedded in the library.</summary>
public static class SchemaScripts
{
    private const string Prefix = "schema/";

    /// <summary>Scripts below a folder of <c>schema/</c>, in name order: file name without extension, and text.</summary>
    public static IReadOnlyList<(string Name, string Text)> Read(string folder)
    {
        var assembly = typeof(SchemaScripts).Assembly;
        var start = Prefix + folder + "/";
        return
        [
            .. assembly.GetManifestResourceNames()
                .Select(resource => (Resource: resource, Path: resource.Replace('\\', '/')))
                .Where(entry => entry.Path.StartsWith(start, StringComparison.Ordinal))
                .OrderBy(entry => entry.Path, StringComparer.Ordinal)
                .Select(entry => (Path.GetFileNameWithoutExtension(entry.Path), ReadResource(assembly, entry.Resource))),
        ];
    }

    private static string ReadResource(Assembly assembly, string resource)
    {
        using var stream = assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"embedded script {resource} is missing");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

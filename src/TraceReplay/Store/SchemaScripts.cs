using System.Reflection;

namespace TraceReplay.Store;

/// <summary>One <c>.sql</c> file.</summary>
/// <param name="Name">File name without extension.</param>
/// <param name="Text">The whole file.</param>
public sealed record SchemaScript(string Name, string Text);

/// <summary>The <c>.sql</c> files of <c>schema/</c>, embedded in the library.</summary>
public static class SchemaScripts
{
    private const string Prefix = "schema/";

    /// <summary>Scripts below a folder of <c>schema/</c>, in name order.</summary>
    public static IReadOnlyList<SchemaScript> Read(string folder)
    {
        var assembly = typeof(SchemaScripts).Assembly;
        var start = Prefix + folder + "/";
        List<string> resources = [.. assembly.GetManifestResourceNames().Where(name => Unified(name).StartsWith(start, StringComparison.Ordinal))];
        resources.Sort((a, b) => string.CompareOrdinal(Unified(a), Unified(b)));
        return resources.ConvertAll(name => new SchemaScript(Path.GetFileNameWithoutExtension(Unified(name)), ReadResource(assembly, name)));
    }

    // The names are paths of the machine that built the library.
    private static string Unified(string resource) => resource.Replace('\\', '/');

    private static string ReadResource(Assembly assembly, string resource)
    {
        using var stream = assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"embedded script {resource} is missing");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

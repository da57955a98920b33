using TraceReplay.Report;

namespace TraceReplay.Cli;

/// <summary>The catalogue of canned queries as text.</summary>
internal static class QueryCatalogueText
{
    /// <summary>Every query with its title and parameters.</summary>
    public static void Write(TextWriter output)
    {
        foreach (var query in QueryCatalogue.All)
        {
            output.WriteLine($"{query.Name,-28} {query.Title}");
            foreach (var parameter in query.Parameters)
            {
                output.WriteLine(Parameter(parameter));
            }
        }
    }

    /// <summary>One parameter.</summary>
    public static string Parameter(QueryParameter parameter)
    {
        var preset = parameter switch
        {
            { IsRequired: true } => "; required",
            { Default: null } => "",
            _ => $"; {parameter.Default} when not given",
        };
        return $"    {parameter.Option,-24} {parameter.Description}{preset}";
    }
}

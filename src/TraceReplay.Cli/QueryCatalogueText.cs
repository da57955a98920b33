using TraceReplay.Report;

namespace TraceReplay.Cli;

/// <summary>The catalogue entry of a canned query as text.</summary>
internal static class QueryCatalogueText
{
    /// <summary>Everything that the header of the query says.</summary>
    public static void Write(CannedQuery query, TextWriter output)
    {
        output.WriteLine($"{query.Name}: {query.Title}");
        output.WriteLine();
        output.WriteLine(query.Summary);
        output.WriteLine();
        output.WriteLine(query.Parameters.Count == 0 ? "No parameters." : "Parameters:");
        foreach (var parameter in query.Parameters)
        {
            output.WriteLine(Parameter(parameter));
        }

        output.WriteLine();
        output.WriteLine("Columns:");
        foreach (var column in query.Columns)
        {
            output.WriteLine(Line(column.Name, column.Description));
        }
    }

    /// <summary>One parameter.</summary>
    public static string Parameter(QueryParameter parameter) => Line(parameter.Option, parameter.Explanation);

    private static string Line(string name, string text) => $"    {name,-24} {text}";
}

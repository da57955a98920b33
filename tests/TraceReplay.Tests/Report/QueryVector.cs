using TraceReplay.Report;
using Xunit;

namespace TraceReplay.Tests.Report;

/// <summary>One case of <c>queries.txt</c>: a query with its parameters, and the CSV it must answer on the sample database.</summary>
internal sealed record QueryVector(int Line, string Query, IReadOnlyList<string> Parameters, string Expected)
{
    private const string Start = "$ ";

    public static IReadOnlyList<QueryVector> Read()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Report", "queries.txt");
        List<QueryVector> vectors = [];
        var lines = File.ReadAllLines(path);
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith(Start, StringComparison.Ordinal))
            {
                continue;
            }

            var command = lines[i][Start.Length..].Split(' ');
            var expected = string.Concat(lines.Skip(i + 1).TakeWhile(line => line.Length > 0).Select(line => line + "\n"));
            vectors.Add(new QueryVector(i + 1, command[0], command[1..], expected));
        }

        return vectors;
    }

    public Dictionary<string, object?> Arguments(CannedQuery query)
    {
        Dictionary<string, object?> arguments = [];
        foreach (var (option, text) in Parameters.Where((_, i) => i % 2 == 0).Zip(Parameters.Where((_, i) => i % 2 == 1)))
        {
            var parameter = query.Parameters.Single(candidate => candidate.Option == option);
            Assert.True(parameter.TryParse(text, out var value), $"queries.txt:{Line}: {text} is not {parameter.Expected}");
            arguments.Add(parameter.Name, value);
        }

        return arguments;
    }
}

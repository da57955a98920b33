using TraceReplay.Events;

namespace TraceReplay.Ingest.Mapping;

/// <summary>
/// Finds where the kernel maps its memory linearly, in a pass over the traces before they are imported. Stores tell the virtual addresses
/// of tables, descriptors the physical ones: the difference that explains the most tables is that of the linear map.
/// </summary>
internal static class LinearMapLearner
{
    /// <summary>The mapping with what was learnt; the same one when it asks for nothing.</summary>
    /// <param name="mapping">The mapping, or null.</param>
    /// <param name="paths">The traces.</param>
    /// <param name="format">Name of the reader, or null to recognise it.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="ImportException">The traces do not tell it, or cannot be read twice.</exception>
    public static EventMapping? Learn(EventMapping? mapping, IReadOnlyList<string> paths, string? format, CancellationToken cancellation)
    {
        if (mapping is not { LearnsLinearMap: true })
        {
            return mapping;
        }

        if (paths.Contains(ImportOptions.StandardInputPath))
        {
            throw new ImportException($"{mapping.File}: linear_map: to learn it the trace is read twice, which standard input cannot be; expected \"virtual\" and \"physical\", or a file");
        }

        var votes = new LinearMapVotes();
        var session = new ReadSession(votes, new NameTable(), new ImportProblems()) { Mapping = mapping, Cancellation = cancellation };
        foreach (var path in paths)
        {
            TraceSource.Read(path, session, format);
        }

        return votes.Best(out var told) is { } map
            ? mapping.WithLinearMap(map)
            : throw new ImportException($"{mapping.File}: linear_map: cannot be learnt: {told}; expected \"virtual\" and \"physical\"");
    }
}

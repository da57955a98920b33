using Dapper;
using Microsoft.Data.Sqlite;
using TraceReplay.Store;
using TraceReplay.Symbols;

namespace TraceReplay.Ingest;

/// <summary>Names the program counters of an import by a table of symbols.</summary>
internal static class PcNaming
{
    /// <summary>The symbols that the options name; null when they name none.</summary>
    /// <exception cref="ImportException">The file cannot be used.</exception>
    public static SymbolTable? ReadSymbols(ImportOptions options)
    {
        if (options.SymbolsPath is not { } path)
        {
            return null;
        }

        try
        {
            return SymbolFile.Read(path);
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new ImportException($"{path}: {(e is FileNotFoundException or DirectoryNotFoundException ? "no such file" : e.Message)}", e);
        }
    }

    /// <summary>The program counters of a database whose events and names are written.</summary>
    public static List<ProgramCounter> Counters(SqliteConnection connection) =>
        [.. connection.Query<CounterRow>("SELECT pc, kind FROM _program_counter").Select(row => new ProgramCounter((ulong)row.Pc, row.Kind))];

    /// <summary>Writes what the symbols say.</summary>
    /// <param name="connection">The database being made.</param>
    /// <param name="counters">The program counters of all events.</param>
    /// <param name="path">File of the symbols.</param>
    /// <param name="table">The symbols.</param>
    /// <param name="shift">Program counter minus address of the table in the kernel's half; null to have it found.</param>
    public static void Write(SqliteConnection connection, IReadOnlyList<ProgramCounter> counters, string path, SymbolTable table, ulong? shift)
    {
        using var source = new RowInserter(
            connection.Handle!, "symbol_source",
            "path, symbols, is_low, shift, origin, confidence, counters, named, fitting, next_fitting", 10);
        using var named = new RowInserter(connection.Handle!, "pc_symbol", "pc, symbol, module, offset_bytes", 4, ignoreRepeats: true);
        foreach (var placement in SymbolPlacement.Find(table, counters, shift))
        {
            source.Row().Add(path).Add(table.Count).Add(placement.IsLow).Add(placement.Shift).Add(Text(placement.Origin))
                .Add(placement.Confidence).Add(placement.Counters).Add(placement.Named).Add(placement.Fitting).Add(placement.NextFitting).Insert();
            foreach (var counter in counters)
            {
                if (placement.Function(table, counter.Pc) is { } place)
                {
                    named.Row().Add(counter.Pc).Add(place.Function).Add(place.Module).Add(place.Offset).Insert();
                }
            }
        }

        source.Flush();
        named.Flush();
    }

    private static string Text(PlacementOrigin origin) => origin switch
    {
        PlacementOrigin.Listed => "listed",
        PlacementOrigin.Given => "given",
        _ => "deduced",
    };

    internal readonly record struct CounterRow(long Pc, string Kind);
}

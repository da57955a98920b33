using TraceReplay.Events;

namespace TraceReplay.Ingest;

/// <summary>Reads one line, or reports why not.</summary>
internal delegate void LineAction(ReadOnlySpan<byte> line);

/// <summary>The loop that the readers of logs share: line after line to the end, with progress and the faults of the text itself.</summary>
internal static class LineLoop
{
    // A power of two, so that the test is a mask.
    private const int LinesPerTick = 1 << 15;

    /// <summary>Reads a text to its end.</summary>
    /// <param name="lines">Its lines.</param>
    /// <param name="session">Where events go.</param>
    /// <param name="context">Where faults go.</param>
    /// <param name="read">Reads each line that is not too long.</param>
    /// <param name="finish">Called behind the last one; tells the form of the times.</param>
    public static TextSummary Run(LineReader lines, ReadSession session, LineContext context, LineAction read, Func<TraceClock> finish)
    {
        while (lines.Next())
        {
            ReadLine(lines, session, context, read);
        }

        return End(lines, session, finish());
    }

    /// <summary>Reads the line that a reader of lines stands at.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="session">Where events go.</param>
    /// <param name="context">Where faults go.</param>
    /// <param name="read">Reads it unless it is too long.</param>
    public static void ReadLine(LineReader lines, ReadSession session, LineContext context, LineAction read)
    {
        if ((lines.Number & (LinesPerTick - 1)) == 0)
        {
            session.Tick();
        }

        if (lines.IsTooLong)
        {
            context.Report(ImportProblems.LineTooLong, $"expected at most {LineReader.MaxLineBytes} bytes");
        }
        else
        {
            read(lines.Line);
        }
    }

    /// <summary>Tells of a text whose last line was read.</summary>
    /// <param name="lines">Its lines.</param>
    /// <param name="session">Where events went.</param>
    /// <param name="clock">Form of the times.</param>
    public static TextSummary End(LineReader lines, ReadSession session, TraceClock clock)
    {
        if (lines.Damage is { } damage)
        {
            session.Problems.Add(damage.Kind, lines.Number, damage.Message, default);
        }

        return new TextSummary
        {
            LineCount = lines.Number,
            SizeBytes = lines.BytesRead,
            Clock = clock,
            IsDamaged = lines.Damage is not null,
        };
    }
}

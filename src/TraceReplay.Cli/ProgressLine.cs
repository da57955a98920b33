using System.Diagnostics;
using System.Globalization;
using TraceReplay.Report;

namespace TraceReplay.Cli;

/// <summary>One line on the terminal that is written over and over: how far, how fast, how long still.</summary>
internal sealed class ProgressLine : IProgress<StepProgress>, IDisposable
{
    private const int MillisecondsBetweenUpdates = 100;

    private readonly string _step;
    private readonly TextWriter _output;
    private readonly bool _isBytes;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private long _nextUpdate;
    private int _width;

    private ProgressLine(string step, TextWriter output, bool isBytes)
    {
        _step = step;
        _output = output;
        _isBytes = isBytes;
    }

    /// <summary>A line for a step, or null when nobody would see it.</summary>
    /// <param name="streams">Where it goes.</param>
    /// <param name="step">Name of the step.</param>
    /// <param name="isBytes">True when the amount done is in bytes, false when it is in events.</param>
    public static ProgressLine? Start(CommandStreams streams, string step, bool isBytes) =>
        streams.ErrorIsTerminal ? new ProgressLine(step, streams.Error, isBytes) : null;

    public void Report(StepProgress value)
    {
        var elapsed = _clock.ElapsedMilliseconds;
        if (elapsed < _nextUpdate)
        {
            return;
        }

        _nextUpdate = elapsed + MillisecondsBetweenUpdates;
        var text = Text(_step, value, _clock.Elapsed, _isBytes);
        _output.Write("\r" + text.PadRight(_width));
        _width = text.Length;
    }

    /// <summary>Wipes the line, so that results do not stand beside it.</summary>
    public void Dispose()
    {
        if (_width > 0)
        {
            _output.Write("\r" + new string(' ', _width) + "\r");
        }
    }

    internal static string Text(string step, StepProgress value, TimeSpan elapsed, bool isBytes)
    {
        List<string> parts = [];
        if (value.Total > 0)
        {
            parts.Add($"{Math.Min(100, value.Done * 100 / value.Total)} %");
        }

        if (isBytes)
        {
            parts.Add($"{Megabytes(value.Done)} MB");
        }

        parts.Add($"{Number.Format(value.Events)} events");
        if (elapsed.TotalSeconds >= 1)
        {
            parts.Add($"{Number.Format((long)(value.Events / elapsed.TotalSeconds))} events/s");
            if (value.Total > value.Done && value.Done > 0)
            {
                var left = elapsed * ((double)(value.Total - value.Done) / value.Done);
                parts.Add($"{Number.Format((long)Math.Ceiling(left.TotalSeconds))} s left");
            }
        }

        return $"{step}: {string.Join(", ", parts)}";
    }

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture);
}

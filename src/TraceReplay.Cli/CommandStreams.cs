using System.Text;

namespace TraceReplay.Cli;

/// <summary>Where a command writes, and whether somebody is looking.</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">Everything else.</param>
/// <param name="OutIsTerminal">True when results go to a terminal: tables rather than CSV.</param>
/// <param name="ErrorIsTerminal">True when progress can be shown.</param>
/// <param name="Width">Columns of the terminal.</param>
internal sealed record CommandStreams(TextWriter Out, TextWriter Error, bool OutIsTerminal, bool ErrorIsTerminal, int Width)
{
    private const int DefaultWidth = 80;
    private const int BufferBytes = 1 << 16;

    /// <summary>Those of the process. Results are UTF-8 without a byte order mark whatever the locale is.</summary>
    public static CommandStreams OfProcess()
    {
        var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var output = new StreamWriter(Console.OpenStandardOutput(), encoding, BufferBytes) { NewLine = "\n" };
        var error = new StreamWriter(Console.OpenStandardError(), encoding) { NewLine = "\n", AutoFlush = true };
        var outIsTerminal = !Console.IsOutputRedirected;
        var width = DefaultWidth;
        if (outIsTerminal && Console.WindowWidth > 0)
        {
            width = Console.WindowWidth;
        }

        return new CommandStreams(output, error, outIsTerminal, !Console.IsErrorRedirected, width);
    }
}

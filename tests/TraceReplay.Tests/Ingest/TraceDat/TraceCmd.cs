using System.Diagnostics;

namespace TraceReplay.Tests.Ingest.TraceDat;

/// <summary>trace-cmd itself, where it is installed: what it prints is what must be read.</summary>
internal static class TraceCmd
{
    /// <summary>The text it makes of a file; the test is skipped where it is not installed.</summary>
    public static byte[] Report(string path, params string[] options)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo("trace-cmd", ["report", .. options, "-i", path]) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("needs trace-cmd");
        }

        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        using var text = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(text);
        process.WaitForExit();
        return text.ToArray();
    }
}

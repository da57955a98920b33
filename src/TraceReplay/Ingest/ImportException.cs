namespace TraceReplay.Ingest;

/// <summary>A trace could not be imported at all; the message names the path and what was expected. Nothing was left behind.</summary>
public sealed class ImportException : Exception
{
    public ImportException()
    {
    }

    public ImportException(string message)
        : base(message)
    {
    }

    public ImportException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

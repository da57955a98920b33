namespace TraceReplay.Cli;

/// <summary>A file of settings cannot be used; the message names it and the line.</summary>
internal sealed class InputFileException(string message, Exception inner) : Exception(message, inner);

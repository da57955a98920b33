using TraceReplay.Cli;

var streams = CommandStreams.OfProcess();
return await Commands.RunAsync(args, Commands.Create(streams, Pipeline.OfLibrary), streams).ConfigureAwait(false);

using System.CommandLine;
using TraceReplay.Cli;

var streams = CommandStreams.OfProcess();
var pipeline = Pipeline.OfLibrary;
var root = new RootCommand("Finds break-before-make and contiguous-bit violations in traces of arm64 page-table writes and TLBIs.")
{
    AnalyzeCommand.Create(streams, pipeline),
    ImportCommand.Create(streams, pipeline),
    ReplayCommand.Create(streams, pipeline),
    QueryCommand.Create(streams),
    WalkCommand.Create(streams, pipeline),
    HistoryCommand.Create(streams),
    RulesCommand.Create(streams, pipeline),
    InfoCommand.Create(streams),
};
return await Commands.RunAsync(args, root, streams).ConfigureAwait(false);

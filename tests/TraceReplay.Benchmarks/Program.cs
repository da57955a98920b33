using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;
using TraceReplay.Benchmarks;

// What README.md beside this says of each: traces for other programs to be measured on, and the steps of an analysis in one process.
switch (args)
{
    case ["--trace", var path]:
        File.Copy(BenchmarkTrace.Path, path, overwrite: true);
        break;
    case ["--repeat", var source, var times, var path]:
        GrowthTrace.Repeat(source, Number(times), path);
        break;
    case ["--repeat-dat", var source, var cpus, var times, var path]:
        DatTrace.Repeat(source, Number(cpus), Number(times), path);
        break;
    case ["--growth", var events, var cpus, var spaces, var pending, var path]:
        GrowthTrace.Write(path, Number(events), Number(cpus), Number(spaces), Number(pending));
        break;
    case ["--pending", var records, var tlbis, var path]:
        GrowthTrace.WritePending(path, Number(records), Number(tlbis));
        break;
    case ["--stages", var rounds, var path]:
        Stages.Print(path, Number(rounds), Console.Out);
        break;
    case ["--queries", var rounds, var path]:
        QueryTimes.Print(path, Number(rounds), Console.Out);
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(BenchmarkTrace).Assembly).Run(args, DefaultConfig.Instance);
        break;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

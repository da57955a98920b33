using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;
using TraceReplay.Benchmarks;

// With --trace FILE the text of the benchmarks is written there and nothing is measured, so that other tools can be given the same.
if (args is ["--trace", var path])
{
    File.Copy(BenchmarkTrace.Path, path, overwrite: true);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(BenchmarkTrace).Assembly).Run(args, DefaultConfig.Instance);

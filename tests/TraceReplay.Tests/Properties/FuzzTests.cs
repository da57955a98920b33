using System.Diagnostics;
using TraceReplay.Events;
using TraceReplay.Replay;
using TraceReplay.Rules;
using TraceReplay.Tests.Generators;

namespace TraceReplay.Tests.Properties;

public sealed class FuzzTests
{
    private const int Seeds = 60;

    // Far above what a trace of some thousand events takes, far below what a hang does.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    [Fact]
    public void Damaged_event_streams_never_throw_or_hang()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var random = new Random(seed);
            var trace = TraceGenerator.Generate(seed, rounds: 6);
            trace = seed % 3 == 0 ? GuestWorld.AsGuest(GuestWorld.Alone(trace)) : trace;
            var damaged = new GeneratedTrace(trace.Names, Damage(trace.Events, trace.Names, random), trace.CpuCount, trace.Clock);
            var watch = Stopwatch.StartNew();
            try
            {
                damaged.Replay(new ReplayOptions
                {
                    BbmLevel = random.Next(4),
                    Policy = Policy.Default with { Lints = random.Next(2) == 0, SwapStrict = random.Next(2) == 0, LinuxStrict = random.Next(2) == 0 },
                });
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e}");
            }

            Assert.True(watch.Elapsed < Longest, $"seed {seed} took {watch.Elapsed}");
        }
    }

    [Theory]
    [InlineData(0xfffffffffffff008UL, 1)]
    [InlineData(0xffffffffffffe008UL, 4096)]
    [InlineData(0xffffffffffffffffUL, 8192)]
    public void Tables_at_the_end_of_the_address_space_are_survived(ulong tableBase, int entries)
    {
        var names = new NameTable();
        var header = new EventHeader(0, 0, 0, 0, 0);
        var trace = new GeneratedTrace(
            names,
            [
                new TableKnown(header, tableBase, 1, entries, 0, null, null),
                new TableKnown(header, tableBase, 1, entries, 2, null, null),
                new PageTableWrite(header, tableBase, 0x1003, null, 2, null, 8, 0, null),
                new TableGone(header, true, tableBase, 1, 0),
            ],
            1, TraceClock.Time);
        Assert.Equal(4, trace.Replay().Events);
    }

    [Fact]
    public void A_huge_run_of_page_frames_is_survived()
    {
        var header = new EventHeader(0, 0, 0, 0, 0);
        var trace = new GeneratedTrace(
            new NameTable(),
            [
                new PageTableWrite(header, 0x5000_0000, 0x1003, null, 2, null, 8, 0, null),
                new PageAllocation(header, false, 0, 32),
                new PageAllocation(header, false, ulong.MaxValue >> 12, 32),
            ],
            1, TraceClock.Time);
        Assert.Equal(3, trace.Replay().Events);
    }

    [Theory]
    [InlineData(0xc, 64)]
    [InlineData(0x4, 16)]
    public void A_level_that_the_granule_does_not_have_is_survived(int addressBits, int granuleKilobytes)
    {
        // Pages whose addresses tell the granule, and one store at a level above its highest.
        var header = new EventHeader(0, 0, 0, 0, 0);
        var names = new NameTable();
        var events = Enumerable.Range(0, 32).Select(i => (object)new PageTableWrite(
            header, 0x5000_0000 + ((ulong)i * 8), 0x4000_0703 | ((granuleKilobytes == 64 ? 0UL : (ulong)addressBits << 12) + ((ulong)i << 20)), null, 3, null, 8, 0, null)).ToList();
        events.Add(new PageTableWrite(header, 0x6000_0000, 0x5000_0003, null, granuleKilobytes == 64 ? 0 : -1, null, 8, 0, null));
        events.Add(new SystemRegisterWrite(header, names.Intern("ttbr0_el1"), 0x6000_0000, null));
        Assert.Equal(granuleKilobytes << 10, new GeneratedTrace(names, events, 1, TraceClock.Time).Replay().GranuleBytes);
    }

    private static List<object> Damage(List<object> events, NameTable names, Random random)
    {
        var damaged = new List<object>(events.Count);
        var rate = random.Next(2, 40);
        for (var i = 0; i < events.Count; i++)
        {
            var e = events[i];
            if (random.Next(rate) != 0)
            {
                damaged.Add(e);
                continue;
            }

            switch (random.Next(7))
            {
                case 0:
                    break;
                case 1:
                    damaged.Add(e);
                    damaged.Add(e);
                    break;
                case 2 when damaged.Count > 0:
                    damaged.Insert(random.Next(Math.Max(0, damaged.Count - 50), damaged.Count), e);
                    break;
                case 3:
                    damaged.Add(new LostEvents(GeneratedTrace.HeaderOf(e), random.Next(2) == 0 ? null : random.Next()));
                    break;
                case 4:
                    damaged.Add(e);
                    damaged.Add(new LockHint(GeneratedTrace.HeaderOf(e), (LockHintKind)random.Next(3), Address(events, random), (uint)random.Next(4)));
                    damaged.Add(new LockOperation(GeneratedTrace.HeaderOf(e), (LockAction)random.Next(3), (uint)random.Next(4)));
                    break;
                default:
                    damaged.Add(Distort(e, events, names, random));
                    break;
            }
        }

        return damaged;
    }

    private static object Distort(object e, List<object> events, NameTable names, Random random)
    {
        var header = GeneratedTrace.HeaderOf(e) with { Cpu = random.Next(8) == 0 ? random.Next(1024) : random.Next(4) };
        e = GeneratedTrace.WithHeader(e, header);
        return e switch
        {
            PageTableWrite x => x with
            {
                Pa = random.Next(3) == 0 ? Address(events, random) : x.Pa,
                New = random.Next(2) == 0 ? Value(events, random) : x.New,
                Old = random.Next(3) switch { 0 => null, 1 => Value(events, random), _ => x.Old },
                Level = random.Next(4) == 0 ? null : random.Next(3) == 0 ? random.Next(-1, 4) : x.Level,
            },
            TlbiInstruction x => x with { Operand = random.Next(2) == 0 ? Random64(random) : x.Operand ^ (1UL << random.Next(64)) },
            SystemRegisterWrite x => x with { Value = random.Next(2) == 0 ? Random64(random) : x.Value ^ (1UL << random.Next(64)) },
            TableKnown x => x with
            {
                Base = random.Next(2) == 0 ? Address(events, random) : Random64(random),
                Level = random.Next(-1, 4),
                Entries = random.Next(2) == 0 ? null : random.Next(1, 131073),
                Root = random.Next(2) == 0 ? null : random.Next(3),
            },
            DescriptorValueKnown x => x with { Pa = Address(events, random), Value = Value(events, random) },
            TableGone x => x with { Base = random.Next(2) == 0 ? Address(events, random) : Random64(random), IsFree = random.Next(2) == 0 },
            PageAllocation x => x with { FrameNumber = random.Next(2) == 0 ? Random64(random) : x.FrameNumber, Order = random.Next(33) },
            MachineFact x when random.Next(2) == 0 => x with { Key = names.Intern("locks"), Value = names.Intern("casemate") },
            MachineFact x => x with { Key = names.Intern("granule"), Value = names.Intern(random.Next(2) == 0 ? "16k" : "64k") },
            _ => e,
        };
    }

    // Mostly addresses and values that mean something elsewhere in the trace: those join wrong things to one another.
    private static ulong Address(List<object> events, Random random) => random.Next(10) == 0
        ? Random64(random)
        : events[random.Next(events.Count)] is PageTableWrite store ? store.Pa : 0x4000_0000UL + (8 * (uint)random.Next(1 << 16));

    private static ulong Value(List<object> events, Random random) => random.Next(4) == 0
        ? Random64(random)
        : events[random.Next(events.Count)] is PageTableWrite store ? store.New : (0x4000_0000UL + ((uint)random.Next(64) << 12)) | 3;

    private static ulong Random64(Random random) => (ulong)random.NextInt64() ^ ((ulong)random.NextInt64() << 20);
}

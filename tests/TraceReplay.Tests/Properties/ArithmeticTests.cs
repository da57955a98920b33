using FsCheck;
using FsCheck.Fluent;
using TraceReplay.Arm;
using TraceReplay.Replay;

namespace TraceReplay.Tests.Properties;

public sealed class ArithmeticTests
{
    private static readonly Arbitrary<int> Cpus = Gen.Choose(0, 300).ToArbitrary();

    private static readonly Arbitrary<int[]> CpuLists = Gen.Choose(0, 300).ArrayOf().ToArbitrary();

    [Fact]
    public void A_cpu_set_holds_what_a_hash_set_holds() => Check.QuickThrowOnFailure(Prop.ForAll(CpuLists, CpuLists, Cpus, (added, removed, cpu) =>
    {
        var set = CpuSet.Empty;
        var expected = new HashSet<int>();
        foreach (var member in added)
        {
            set = set.With(member);
            expected.Add(member);
        }

        foreach (var member in removed)
        {
            set = set.Without(member);
            expected.Remove(member);
        }

        return Same(set, expected) && set.Contains(cpu) == expected.Contains(cpu)
            && Same(set.With(cpu), [.. expected, cpu]) && Same(set.Without(cpu), [.. expected.Except([cpu])]);
    }));

    [Fact]
    public void A_union_of_cpu_sets_is_that_of_hash_sets() => Check.QuickThrowOnFailure(Prop.ForAll(CpuLists, CpuLists, (left, right) =>
        Same(Set(left).Union(Set(right)), [.. left, .. right])));

    [Fact]
    public void Cpu_sets_of_the_same_members_are_equal() => Check.QuickThrowOnFailure(Prop.ForAll(CpuLists, CpuLists, (left, right) =>
    {
        // However they were made: a set that once held a high CPU equals one that never did.
        var grown = Set([.. left, .. right]);
        foreach (var member in right.Except(left))
        {
            grown = grown.Without(member);
        }

        return grown == Set(left) && grown.GetHashCode() == Set(left).GetHashCode()
            && (Set(left) == Set(right)) == left.ToHashSet().SetEquals(right);
    }));

    [Fact]
    public void The_index_of_an_address_leads_back_to_its_entry() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Elements(Granule.Size4K, Granule.Size16K, Granule.Size64K).ToArbitrary(),
        Gen.Choose(1, 3).ToArbitrary(),
        Gen.Choose(0, int.MaxValue).ToArbitrary(),
        (granule, level, number) =>
        {
            var address = (ulong)number << 12;
            var index = (address >> granule.Shift(level)) & (ulong)(granule.EntriesPerTable - 1);
            var tableBase = address & ~(granule.EntrySpan(level - 1) - 1);
            var entry = tableBase + (index * granule.EntrySpan(level));
            return entry <= address && address - entry < granule.EntrySpan(level)
                && granule.EntrySpan(level - 1) == (ulong)granule.EntriesPerTable * granule.EntrySpan(level)
                && granule.EntrySpan(3) == (ulong)granule.Bytes && granule.PageOf(address) == address - (address % (ulong)granule.Bytes);
        }));

    [Fact]
    public void A_root_has_room_for_its_input_addresses_and_no_level_to_spare() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Elements(Granule.Size4K, Granule.Size16K, Granule.Size64K).ToArbitrary(),
        Gen.Choose(17, 52).ToArbitrary(),
        (granule, bits) =>
        {
            var start = granule.StartLevel(bits);
            return bits <= granule.Shift(start) + granule.IndexBits && bits > granule.Shift(start);
        }));

    private static CpuSet Set(IEnumerable<int> members) => members.Aggregate(CpuSet.Empty, (set, member) => set.With(member));

    private static bool Same(CpuSet set, HashSet<int> expected) =>
        set.Count == expected.Count && set.IsEmpty == (expected.Count == 0) && expected.All(set.Contains)
        && set.Single() == (expected.Count == 1 ? expected.Single() : null)
        && set.ToString() == string.Join(',', expected.Order());
}

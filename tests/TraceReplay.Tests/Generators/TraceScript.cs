using TraceReplay.Events;

namespace TraceReplay.Tests.Generators;

/// <summary>What an event is for in a break-before-make sequence.</summary>
internal enum Role
{
    Other = 0,
    Break = 1,
    DsbBefore = 2,
    Tlbi = 3,
    DsbAfter = 4,
    Make = 5,

    /// <summary>Between the two steps of stage 2.</summary>
    DsbMiddle = 6,

    /// <summary>The operation on stage 1 that ends the two steps of stage 2.</summary>
    TlbiStage1 = 7,

    /// <summary>VTTBR_EL2 under which the operations of stage 2 run.</summary>
    Context = 8,
}

/// <summary>An event of a script, not yet numbered.</summary>
internal sealed record TraceItem(object Event, int Cpu, Role Role);

/// <summary>Events in the order in which they are told; numbered once they are part of a trace.</summary>
internal sealed class TraceScript(NameTable names, Func<int, int> taskOf)
{
    public List<TraceItem> Items { get; } = [];

    public int Intern(string name) => names.Intern(name);

    public void Write(int cpu, int level, ulong pa, ulong? old, ulong value, Role role = Role.Other, string how = "set_pte") =>
        Add(cpu, role, new PageTableWrite(Header(cpu), pa, value, old, level, null, 8, names.Intern(how), null));

    public void Tlbi(int cpu, string operation, ulong operand = 0, Role role = Role.Tlbi) =>
        Add(cpu, role, new TlbiInstruction(Header(cpu), names.Intern(operation), operand, null));

    public void Barrier(int cpu, string text, Role role = Role.Other) =>
        Add(cpu, role, new BarrierInstruction(Header(cpu), names.Intern(text), null));

    public void Register(int cpu, string name, ulong value, Role role = Role.Other) =>
        Add(cpu, role, new SystemRegisterWrite(Header(cpu), names.Intern(name), value, null));

    public void Table(int cpu, GeneratedTable table, int? root = null, ulong? parent = null) =>
        Add(cpu, Role.Other, new TableKnown(Header(cpu), table.Base, table.Level, table.Values.Length, root, parent, table.Granule.Bytes));

    public void Content(int cpu, DescriptorSource source, ulong pa, int level, ulong value) =>
        Add(cpu, Role.Other, new DescriptorValueKnown(Header(cpu), source, pa, value, null, level));

    public void Gone(int cpu, GeneratedTable table, bool isFree) =>
        Add(cpu, Role.Other, new TableGone(Header(cpu), isFree, table.Base, table.Level, isFree ? names.Intern("free") : 0));

    public void Fact(int cpu, string key, string value) =>
        Add(cpu, Role.Other, new MachineFact(Header(cpu), names.Intern(key), names.Intern(value)));

    public void Frames(int cpu, bool isFree, ulong pa, int pageShift) =>
        Add(cpu, Role.Other, new PageAllocation(Header(cpu), isFree, pa >> pageShift, 0));

    public void Switch(int cpu, int previous, int next) => Add(cpu, Role.Other, new ContextSwitch(Header(cpu), previous, next));

    public void Marker(int cpu, string text) => Add(cpu, Role.Other, new Marker(Header(cpu), names.Intern(text)));

    private EventHeader Header(int cpu) => new(0, 0, 0, cpu, taskOf(cpu));

    private void Add(int cpu, Role role, object e) => Items.Add(new TraceItem(e, cpu, role));
}

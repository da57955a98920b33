using TraceReplay.Arm;

namespace TraceReplay.Tests.Arm;

public sealed class SystemInstructionTests
{
    private static readonly Dictionary<SystemInstructionKind, string> Kinds = new()
    {
        [SystemInstructionKind.None] = "none",
        [SystemInstructionKind.Barrier] = "barrier",
        [SystemInstructionKind.Tlbi] = "tlbi",
        [SystemInstructionKind.WriteRegister] = "register",
        [SystemInstructionKind.ZeroBlock] = "zero",
    };

    [Fact]
    public void Opcodes_decode_as_the_assembler_made_them() => VectorFile.Check("Arm/system_instructions.txt", row =>
    {
        var decoded = SystemInstruction.Decode((uint)row.Number(0));
        var hasName = row[1] is "barrier" or "tlbi" or "register";
        return (
            $"{row[1]} {(row[1] == "none" ? 0 : row.Integer(2))} {(hasName ? string.Join(' ', row.Fields[3..]) : "")}",
            $"{Kinds[decoded.Kind]} {decoded.Rt} {decoded.Name}");
    });

    [Fact]
    public void Stores_are_told_by_their_kind() => VectorFile.Check(
        "Arm/store_instructions.txt", row => (row[1], StoreInstruction.NameOf((uint)row.Number(0)) is { Length: > 0 } name ? name : "-"));

    [Fact]
    public void Every_tlbi_operation_has_an_opcode()
    {
        var encoded = VectorFile.Read("Arm/system_instructions.txt").Where(row => row[1] == "tlbi").Select(row => row[3]).ToHashSet();

        // GNU as does not know these: FEAT_TLBIW.
        var known = TlbiOperations.All.Where(operation => operation.Method != TlbiMethod.CleanOnly).Select(operation => operation.Mnemonic);
        Assert.Equal(known.Order(), encoded.Order());
    }

    [Theory]
    [InlineData(0xd550321fu, "")] // a barrier with bit 22 set is none
    [InlineData(0xd5488722u, "vae1")] // TLBIP VAE1, X2, X3
    [InlineData(0xd5582004u, "ttbr0_el1")] // MSRR TTBR0_EL1, X4, X5
    public void Pairs_of_registers_are_told(uint opcode, string name)
    {
        var decoded = SystemInstruction.Decode(opcode);
        Assert.Equal((name.Length > 0, name), (decoded.IsPair, decoded.Name ?? ""));
    }
}

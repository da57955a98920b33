namespace TraceReplay.Tests.Ingest.TraceDat;

/// <summary>Format files of events, as kernels write them.</summary>
internal static class DatFormats
{
    private const string Common =
        "format:\n\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n" +
        "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n";

    /// <summary>The events of ftrace itself: kernel_stack 4, print 5, bprint 6.</summary>
    public static string Ftrace =>
        Event("kernel_stack", 4, "\"\\t=> %ps\\n\\t=> %ps\\n\", (void *)REC->caller[0], (void *)REC->caller[1]",
            Field("int size", 8, 4, true), Field("unsigned long caller[8]", 16, 64)) +
        Event("print", 5, "\"%ps: %s\", (void *)REC->ip, REC->buf", Field("unsigned long ip", 8, 8), Field("char buf[]", 16, 0)) +
        Event("bprint", 6, "\"%ps: %s\", (void *)REC->ip, REC->fmt",
            Field("unsigned long ip", 8, 8), Field("const char * fmt", 16, 8), Field("u32 buf[]", 24, 0));

    /// <summary>Events of the vocabulary: ttbr_write 26, barrier 27, tlbi 28, pgtable_write 29; and sched_switch 40, mm_page_alloc 41, odd 42.</summary>
    public static string All =>
        Event("ttbr_write", 26, "\"reg=%s val=0x%llx\", REC->reg, REC->val", Field("u64 val", 8, 8), Field("char reg[16]", 16, 16)) +
        Event("barrier", 27, "\"%s\", REC->op", Field("char op[12]", 8, 12)) +
        Event("tlbi", 28, "\"op=%s arg=0x%llx\", REC->op, REC->arg", Field("u64 arg", 8, 8), Field("char op[16]", 16, 16)) +
        Event("pgtable_write", 29, "\"level=%d pa=0x%llx old=0x%llx new=0x%llx how=%s\", REC->level, REC->pa, REC->old, REC->new, REC->how",
            Field("u64 pa", 8, 8), Field("u64 old", 16, 8), Field("u64 new", 24, 8), Field("int level", 32, 4, true), Field("char how[12]", 36, 12)) +
        Event("sched_switch", 40,
            "\"prev_comm=%s prev_pid=%d prev_prio=%d prev_state=%s%s ==> next_comm=%s next_pid=%d next_prio=%d\", REC->prev_comm, REC->prev_pid, REC->prev_prio, " +
            "(REC->prev_state & ((((0x00000000 | 0x00000001 | 0x00000002) + 1) << 1) - 1)) ? __print_flags(REC->prev_state & ((((0x00000000 | 0x00000001 | 0x00000002) + 1) << 1) - 1), " +
            "\"|\", { 0x00000001, \"S\" }, { 0x00000002, \"D\" }) : \"R\", REC->prev_state & (0x00000003 + 1) ? \"+\" : \"\", REC->next_comm, REC->next_pid, REC->next_prio",
            Field("char prev_comm[16]", 8, 16), Field("pid_t prev_pid", 24, 4, true), Field("int prev_prio", 28, 4, true), Field("long prev_state", 32, 8, true),
            Field("char next_comm[16]", 40, 16), Field("pid_t next_pid", 56, 4, true), Field("int next_prio", 60, 4, true)) +
        Event("mm_page_alloc", 41,
            "\"page=%p pfn=0x%lx order=%d migratetype=%d gfp_flags=%s\", REC->pfn != -1UL ? (((struct page *)vmemmap_base) + (REC->pfn)) : ((void *)0), " +
            "REC->pfn != -1UL ? REC->pfn : 0, REC->order, REC->migratetype, (REC->gfp_flags) ? __print_flags(REC->gfp_flags, \"|\", {( unsigned long)((1U << 0)), \"GFP_DMA\"}) : \"none\"",
            Field("unsigned long pfn", 8, 8), Field("unsigned int order", 16, 4), Field("unsigned long gfp_flags", 24, 8), Field("int migratetype", 32, 4, true));

    /// <summary>A format file.</summary>
    public static string Event(string name, int id, string print, params string[] fields) =>
        $"name: {name}\nID: {id}\n{Common}{string.Concat(fields)}\nprint fmt: {print}\n";

    /// <summary>A line of a format file.</summary>
    public static string Field(string declaration, int offset, int size, bool isSigned = false) =>
        $"\tfield:{declaration};\toffset:{offset};\tsize:{size};\tsigned:{(isSigned ? 1 : 0)};\n";
}

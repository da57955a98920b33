using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>Counts transitions by class and passes on those that change one valid value into another.</summary>
internal sealed class TransitionLog(IReplaySink sink)
{
    private const int Classes = 31;

    // class, live, via break
    private readonly long[] _counts = new long[Classes * 4];

    public void Count(TransitionClass transition, bool isLive, bool viaBreak) =>
        _counts[((int)transition * 4) + (isLive ? 2 : 0) + (viaBreak ? 1 : 0)]++;

    public void Log(
        TableUse use, int index, TransitionClass transition, bool isLive, bool viaBreak, ulong oldValue, ulong newValue,
        in StoreContext store, int staleId, int findingId, string verdict) =>
        sink.Transition(new Transition(
            store.Header.Seq, use.Space, transition, isLive, viaBreak, use.PaOf(index), use.Level, StoreJudge.VaOf(use, index), oldValue,
            newValue, staleId, findingId, verdict));

    public void Finish()
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            if (_counts[i] != 0)
            {
                sink.TransitionCount((TransitionClass)(i / 4), (i & 2) != 0, (i & 1) != 0, _counts[i]);
            }
        }
    }
}

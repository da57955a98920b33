using System.Runtime.ExceptionServices;
using TraceReplay.Events;

namespace TraceReplay.Ingest.Tarmac;

/// <summary>
/// Files of each CPU of one machine, read line by line in the order of their times. Their events cannot be merged afterwards: whether a
/// store is one to a table is told by what the other CPUs stored before.
/// </summary>
/// <remarks>
/// Each file is opened, decompressed and hashed as by itself, on a thread of its own that then lends its text to the thread which calls
/// <see cref="Run"/>.
/// </remarks>
internal sealed class TarmacGroup : IDisposable
{
    private readonly List<Member> _members;
    private readonly CancellationTokenSource _stop = new();

    /// <param name="files">The files: what reads each, its session, and how it is merged.</param>
    public TarmacGroup(IReadOnlyList<(Func<ReadSession, SourceSummary> Read, ReadSession Session, TarmacFile File)> files)
    {
        _members = [.. files.Select(file => new Member(this, file.Read, file.Session, file.File))];
    }

    /// <summary>Reads all files to their ends.</summary>
    /// <returns>What was read of each.</returns>
    public IReadOnlyList<SourceSummary> Run()
    {
        _members.ForEach(member => member.Start());
        var state = new TarmacState(_members[0].Session);
        List<TarmacTextParser> parsers = [.. _members.Select(member => new TarmacTextParser(member.Text(), member.Session, state, member.File))];
        var isOpen = parsers.ConvertAll(parser => parser.MoveNext());
        for (var current = Earliest(parsers, isOpen); current >= 0; current = Earliest(parsers, isOpen))
        {
            // Lines of one time belong together: an instruction, and below it the registers that it wrote.
            var parser = parsers[current];
            var until = NextOfOthers(parsers, isOpen, current);
            do
            {
                parser.ReadNext();
                isOpen[current] = parser.MoveNext();
            }
            while (isOpen[current] && parser.NextTime <= until);
        }

        state.Machine.Finish();
        state.Gaps.Finish(state.Output);
        List<SourceSummary> summaries = [];
        for (var i = 0; i < _members.Count; i++)
        {
            summaries.Add(_members[i].Finish(parsers[i].End()));
        }

        return summaries;
    }

    /// <summary>Ends the threads of files that are not read to their end.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _members.ForEach(member => member.Dispose());
        _stop.Dispose();
    }

    private static int Earliest(List<TarmacTextParser> parsers, List<bool> isOpen)
    {
        var first = -1;
        for (var i = 0; i < parsers.Count; i++)
        {
            if (isOpen[i] && (first < 0 || parsers[i].NextTime < parsers[first].NextTime))
            {
                first = i;
            }
        }

        return first;
    }

    // A file named earlier goes first where times are equal.
    private static long NextOfOthers(List<TarmacTextParser> parsers, List<bool> isOpen, int current)
    {
        var next = long.MaxValue;
        for (var i = 0; i < parsers.Count; i++)
        {
            if (i != current && isOpen[i])
            {
                next = Math.Min(next, i < current && parsers[i].NextTime > long.MinValue ? parsers[i].NextTime - 1 : parsers[i].NextTime);
            }
        }

        return next;
    }

    /// <summary>One file: its reader finds it in <see cref="ReadSession.Carried"/>.</summary>
    internal sealed class Member(TarmacGroup group, Func<ReadSession, SourceSummary> read, ReadSession session, TarmacFile file) : IDisposable
    {
        private readonly SemaphoreSlim _ready = new(0);
        private readonly SemaphoreSlim _done = new(0);
        private Thread? _thread;
        private Stream? _text;
        private TextSummary? _summary;
        private SourceSummary? _source;
        private ExceptionDispatchInfo? _fault;

        public ReadSession Session => session;

        public TarmacFile File => file;

        /// <summary>Begins to open the file.</summary>
        public void Start()
        {
            session.Carried = this;
            _thread = new Thread(Open) { IsBackground = true, Name = "tarmac-file" };
            _thread.Start();
        }

        /// <summary>Its text, once it is open.</summary>
        /// <exception cref="ImportException">It cannot be opened.</exception>
        public Stream Text()
        {
            _ready.Wait(session.Cancellation);
            _fault?.Throw();
            return _text ?? throw new InvalidOperationException("the file was not read as a Tarmac trace");
        }

        /// <summary>Lends the text to the group, and waits until that has read it.</summary>
        public TextSummary Read(Stream text)
        {
            _text = text;
            _ready.Release();
            _done.Wait(group._stop.Token);
            return _summary!;
        }

        /// <summary>The text was read; waits for the hash of the file.</summary>
        public SourceSummary Finish(TextSummary summary)
        {
            _summary = summary;
            _done.Release();
            _thread!.Join();
            _fault?.Throw();
            return _source!;
        }

        public void Dispose()
        {
            _thread?.Join();
            _ready.Dispose();
            _done.Dispose();
        }

        private void Open()
        {
            try
            {
                _source = read(session);
            }
            catch (OperationCanceledException) when (group._stop.IsCancellationRequested)
            {
                // The group was given up.
            }
            catch (Exception e)
            {
                _fault = ExceptionDispatchInfo.Capture(e);
            }

            _ready.Release();
        }
    }
}

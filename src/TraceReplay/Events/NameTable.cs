using System.Text;

namespace TraceReplay.Events;

/// <summary>A task seen in a trace.</summary>
/// <param name="Comm">Command name as printed; may hold spaces, dashes and brackets.</param>
/// <param name="Pid">Thread id.</param>
public readonly record struct TaskIdentity(string Comm, int Pid);

/// <summary>Interned names and tasks: events carry small ids, the database one row per distinct text.</summary>
/// <remarks>
/// Id 0 is the absent name. Look-ups by UTF-8 bytes do not allocate for a name already known. One thread makes ids; another may ask for
/// the texts of those that were handed to it.
/// </remarks>
public sealed class NameTable
{
    // Not lists: a reader on another thread sees either the array before it grew or the one after.
    private volatile string[] _names = new string[64];
    private volatile TaskIdentity[] _tasks = new TaskIdentity[64];
    private readonly Dictionary<string, int> _idByName = new(StringComparer.Ordinal) { [""] = 0 };
    private readonly Dictionary<(string Comm, int Pid), int> _idByTask = [];

    // Open addressing over the UTF-8 form, so that the parser never makes a string for a known name.
    private int[] _slots = new int[1024];
    private uint[] _hashes = new uint[1024];
    private readonly List<byte[]> _utf8 = [[]];

    private int[] _taskSlots = new int[256];
    private readonly List<(byte[] Comm, int Pid)> _taskUtf8 = [([], -1)];

    public NameTable()
    {
        _names[0] = "";
        _tasks[0] = new TaskIdentity("", -1);
    }

    public int NameCount { get; private set; } = 1;

    public int TaskCount { get; private set; } = 1;

    /// <summary>The text of a name id.</summary>
    public string Name(int id) => _names[id];

    /// <summary>The task of a task id.</summary>
    public TaskIdentity Task(int id) => _tasks[id];

    /// <summary>The id of a name, made on first use.</summary>
    public int Intern(string name)
    {
        if (_idByName.TryGetValue(name, out var id))
        {
            return id;
        }

        return Intern(Encoding.UTF8.GetBytes(name).AsSpan());
    }

    /// <summary>The id of a name given as UTF-8; bytes that are not UTF-8 become U+FFFD in the text.</summary>
    public int Intern(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return 0;
        }

        var hash = Hash(utf8);
        var mask = _slots.Length - 1;
        var slot = (int)hash & mask;
        while (_slots[slot] != 0)
        {
            var id = _slots[slot];
            if (_hashes[slot] == hash && utf8.SequenceEqual(_utf8[id]))
            {
                return id;
            }

            slot = (slot + 1) & mask;
        }

        return Add(utf8, hash, slot);
    }

    /// <summary>The id of a task, made on first use.</summary>
    public int InternTask(string comm, int pid)
    {
        if (_idByTask.TryGetValue((comm, pid), out var id))
        {
            return id;
        }

        return InternTask(Encoding.UTF8.GetBytes(comm).AsSpan(), pid);
    }

    /// <summary>The id of a task whose command name is given as UTF-8.</summary>
    public int InternTask(ReadOnlySpan<byte> comm, int pid)
    {
        var mask = _taskSlots.Length - 1;
        var slot = (int)(Hash(comm) ^ ((uint)pid * 2654435761u)) & mask;
        while (_taskSlots[slot] != 0)
        {
            var id = _taskSlots[slot];
            if (_taskUtf8[id].Pid == pid && comm.SequenceEqual(_taskUtf8[id].Comm))
            {
                return id;
            }

            slot = (slot + 1) & mask;
        }

        return AddTask(comm, pid, slot);
    }

    /// <summary>
    /// Appends a name with the next id, as it was read back from a database: two names that differ in bytes that are not
    /// UTF-8 have the same text there, and must keep their two ids.
    /// </summary>
    internal void Append(string name)
    {
        var utf8 = Encoding.UTF8.GetBytes(name);
        var hash = Hash(utf8);
        var mask = _slots.Length - 1;
        var slot = (int)hash & mask;
        while (_slots[slot] != 0)
        {
            slot = (slot + 1) & mask;
        }

        Add(utf8, hash, slot);
    }

    /// <summary>Appends a task with the next id, as it was read back from a database.</summary>
    internal void AppendTask(string comm, int pid)
    {
        var utf8 = Encoding.UTF8.GetBytes(comm);
        var mask = _taskSlots.Length - 1;
        var slot = (int)(Hash(utf8) ^ ((uint)pid * 2654435761u)) & mask;
        while (_taskSlots[slot] != 0)
        {
            slot = (slot + 1) & mask;
        }

        AddTask(utf8, pid, slot);
    }

    private int Add(ReadOnlySpan<byte> utf8, uint hash, int slot)
    {
        var text = Encoding.UTF8.GetString(utf8);
        var id = NameCount++;
        _names = Put(_names, id, text);
        _utf8.Add(utf8.ToArray());
        _idByName.TryAdd(text, id);
        _slots[slot] = id;
        _hashes[slot] = hash;
        if (NameCount * 2 > _slots.Length)
        {
            GrowNames();
        }

        return id;
    }

    private void GrowNames()
    {
        var slots = new int[_slots.Length * 2];
        var hashes = new uint[slots.Length];
        var mask = slots.Length - 1;
        for (var id = 1; id < _utf8.Count; id++)
        {
            var hash = Hash(_utf8[id]);
            var slot = (int)hash & mask;
            while (slots[slot] != 0)
            {
                slot = (slot + 1) & mask;
            }

            slots[slot] = id;
            hashes[slot] = hash;
        }

        (_slots, _hashes) = (slots, hashes);
    }

    private int AddTask(ReadOnlySpan<byte> comm, int pid, int slot)
    {
        var id = TaskCount++;
        var text = Encoding.UTF8.GetString(comm);
        _tasks = Put(_tasks, id, new TaskIdentity(text, pid));
        _taskUtf8.Add((comm.ToArray(), pid));
        _idByTask.TryAdd((text, pid), id);
        _taskSlots[slot] = id;
        if (TaskCount * 2 > _taskSlots.Length)
        {
            var slots = new int[_taskSlots.Length * 2];
            var mask = slots.Length - 1;
            for (var i = 1; i < _taskUtf8.Count; i++)
            {
                var s = (int)(Hash(_taskUtf8[i].Comm) ^ ((uint)_taskUtf8[i].Pid * 2654435761u)) & mask;
                while (slots[s] != 0)
                {
                    s = (s + 1) & mask;
                }

                slots[s] = i;
            }

            _taskSlots = slots;
        }

        return id;
    }

    private static T[] Put<T>(T[] array, int at, T value)
    {
        var target = at < array.Length ? array : [.. array, .. new T[array.Length]];
        target[at] = value;
        return target;
    }

    // FNV-1a: names are short, and collisions only cost a comparison.
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = 2166136261u;
        foreach (var b in bytes)
        {
            hash = (hash ^ b) * 16777619u;
        }

        return hash ^ (hash >> 15);
    }
}

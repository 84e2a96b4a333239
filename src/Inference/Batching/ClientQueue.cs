namespace Diffusion.Inference.Batching;

/// <summary>The requests of one client in one lane.</summary>
/// <param name="name">Who.</param>
/// <param name="number">Unique in the lane; breaks ties.</param>
/// <param name="account">The device time it has had in this lane.</param>
internal sealed class ClientQueue(string name, long number, Account account)
{
    private readonly SortedSet<Work> works = new(MostUrgentFirst.Instance);
    private readonly LinkedList<SampleTurn> pictures = new();

    public string Name => name;

    public long Number => number;

    public Account Account => account;

    /// <summary>By class, then by what is due first, then by age.</summary>
    public IReadOnlyCollection<Work> Works => works;

    /// <summary>Its unfinished pictures, the one that waits longest first.</summary>
    public IReadOnlyCollection<SampleTurn> Pictures => pictures;

    /// <summary>Rows it has had since the last one of the picture that waited longest.</summary>
    public int SinceLongest { get; private set; }

    internal LinkedListNode<SampleTurn>? Longest => pictures.First;

    internal void Add(Work work)
    {
        works.Add(work);
        foreach (var sample in work.Waiting) Add(sample);
    }

    internal void Add(SampleTurn sample) => pictures.AddLast(sample.InClient);

    internal void Remove(Work work)
    {
        works.Remove(work);
        foreach (var sample in work.Waiting) pictures.Remove(sample.InClient);
    }

    internal void Advance(SampleTurn sample)
    {
        SinceLongest = sample.InClient == pictures.First ? 0 : SinceLongest + 1;
        pictures.Remove(sample.InClient);
        if (!sample.IsFinished) pictures.AddLast(sample.InClient);
    }

    private sealed class MostUrgentFirst : IComparer<Work>
    {
        public static MostUrgentFirst Instance { get; } = new();

        public int Compare(Work? x, Work? y)
        {
            var byClass = x!.Class.CompareTo(y!.Class);
            if (byClass != 0) return byClass;
            var byDue = x.Due.CompareTo(y.Due);
            return byDue != 0 ? byDue : x.Id.CompareTo(y.Id);
        }
    }
}

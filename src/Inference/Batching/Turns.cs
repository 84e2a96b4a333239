namespace Diffusion.Inference.Batching;

/// <summary>The clients of a lane taking turns for the rows of one tick.</summary>
/// <param name="lane">The lane.</param>
/// <param name="draft">The tick.</param>
/// <param name="maxSkippedTicks">Ticks of the lane after which a picture is overdue.</param>
/// <param name="rowMilliseconds">What a row of this tick is expected to cost.</param>
internal sealed class Turns(Lane lane, BatchDraft draft, int maxSkippedTicks, double rowMilliseconds)
{
    private readonly Dictionary<ClientQueue, ClientTurn> begun = [];
    private readonly double level = Level(lane, draft.Most);

    /// <summary>Takes rows for requests with a deadline, earliest first, up to <paramref name="reserved"/> rows.</summary>
    public void TakePromised(IEnumerable<Work> promised, int reserved)
    {
        foreach (var work in promised)
        {
            if (work.Lane != lane.Key) continue;
            foreach (var sample in work.Waiting)
            {
                if (draft.Rows > 0 && draft.Rows + sample.Cost > reserved) break;
                if (draft.Take(sample)) Of(lane.Of(work.Client)).Charge(sample.Cost);
            }
            if (draft.Rows >= reserved) return;
        }
    }

    /// <summary>Gives rows to whoever is furthest behind, until the tick is full or nobody has one that fits.</summary>
    /// <param name="share">Rows that one request may have.</param>
    public void TakeInTurn(int share)
    {
        foreach (var turn in begun.Values) turn.Begin(share);
        var next = new PriorityQueue<ClientQueue, (double, long)>(lane.Clients.Select(c => (c, (Spent(c), c.Number))));
        while (!draft.IsFull && next.TryDequeue(out var client, out _))
        {
            var turn = Of(client, share);
            if (turn.Take()) next.Enqueue(client, (Spent(client), client.Number));
        }
    }

    private double Spent(ClientQueue client) =>
        client.Account.Spent + (begun.TryGetValue(client, out var turn) ? turn.Rows * rowMilliseconds / client.Account.Weight : 0);

    /// <summary>Rows per weight to which a client that waits has a right in this tick: what small clients do not need goes to the others.</summary>
    private static double Level(Lane lane, double rows)
    {
        var weights = lane.Clients.Sum(c => c.Account.Weight);
        foreach (var client in lane.Clients.OrderBy(c => c.Pictures.Count / c.Account.Weight))
        {
            if (client.Pictures.Count > rows * client.Account.Weight / weights) return rows / weights;
            rows -= client.Pictures.Count;
            weights -= client.Account.Weight;
        }
        return double.PositiveInfinity;
    }

    private ClientTurn Of(ClientQueue client, int share = 0)
    {
        if (begun.TryGetValue(client, out var turn)) return turn;
        turn = begun[client] = new ClientTurn(client, draft, lane.Tick - maxSkippedTicks, Math.Min(draft.Most, level * client.Account.Weight));
        turn.Begin(share);
        return turn;
    }

    /// <summary>One client's rows in this tick.</summary>
    private sealed class ClientTurn(ClientQueue client, BatchDraft draft, long overdueBefore, double entitled)
    {
        private LinkedListNode<SampleTurn>? longest = client.Longest;
        private IEnumerator<Work>? works;
        private LinkedListNode<SampleTurn>? next;
        private int share, pictures, sinceLongest = client.SinceLongest;

        /// <summary>Rows taken.</summary>
        public int Rows { get; private set; }

        public void Charge(int rows)
        {
            Rows += rows;
            pictures++;
        }

        /// <summary>Goes through the requests again, each up to a share of the tick.</summary>
        public void Begin(int most)
        {
            (share, works, next) = (most, client.Works.GetEnumerator(), null);
        }

        public bool Take()
        {
            var chosen = sinceLongest > 0 ? Overdue() ?? MostUrgent() : MostUrgent();
            var isLongest = chosen is not null && chosen == Longest();
            if (chosen is null || !draft.Take(chosen)) return false;
            sinceLongest = isLongest ? 0 : sinceLongest + 1;
            Charge(chosen.Cost);
            return true;
        }

        private SampleTurn? Longest()
        {
            while (longest is not null && draft.Has(longest.Value)) longest = longest.Next;
            return longest?.Value;
        }

        private SampleTurn? Overdue() => Longest() is { } waits && waits.Since < overdueBefore && HasRoom(waits) ? waits : null;

        private SampleTurn? MostUrgent()
        {
            while (true)
            {
                while (next is not null && draft.Has(next.Value)) next = next.Next;
                if (next is not null && draft.IsWithin(next.Value, share) && HasRoom(next.Value)) return next.Value;
                if (works!.MoveNext()) next = works.Current.Longest;
                else if (share < draft.Most && Rows < entitled) Begin(draft.Most);
                else return null;
            }
        }

        // a pair for which the tick has no room left is not passed over at once for something smaller: its client waits, is then
        // further behind than the others, and comes before them; else a pair could wait for ever
        private bool HasRoom(SampleTurn sample) => pictures == 0 || draft.Fits(sample);
    }
}

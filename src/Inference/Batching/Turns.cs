namespace Diffusion.Inference.Batching;

/// <summary>The clients of a lane taking turns for the rows of one tick.</summary>
/// <param name="lane">The lane.</param>
/// <param name="draft">The tick.</param>
/// <param name="maxSkippedTicks">Ticks of the lane after which a picture is overdue.</param>
/// <param name="rowMilliseconds">What a row of this tick is expected to cost.</param>
internal sealed class Turns(Lane lane, BatchDraft draft, int maxSkippedTicks, double rowMilliseconds)
{
    private readonly Dictionary<ClientQueue, ClientTurn> begun = [];

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

    private ClientTurn Of(ClientQueue client, int share = 0)
    {
        if (begun.TryGetValue(client, out var turn)) return turn;
        turn = begun[client] = new ClientTurn(client, draft, lane.Tick - maxSkippedTicks);
        turn.Begin(share);
        return turn;
    }

    /// <summary>One client's rows in this tick.</summary>
    private sealed class ClientTurn(ClientQueue client, BatchDraft draft, long overdueBefore)
    {
        private LinkedListNode<SampleTurn>? longest = client.Longest;
        private IEnumerator<Work>? works;
        private LinkedListNode<SampleTurn>? next;
        private int share, pictures;

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
            var chosen = ((client.StepsServed + pictures) & 1) == 1 ? Overdue() ?? MostUrgent() : MostUrgent();
            if (chosen is null || !draft.Take(chosen)) return false;
            Charge(chosen.Cost);
            return true;
        }

        private SampleTurn? Overdue()
        {
            while (longest is not null && draft.Has(longest.Value)) longest = longest.Next;
            return longest is not null && longest.Value.Since < overdueBefore && draft.Fits(longest.Value, share) ? longest.Value : null;
        }

        private SampleTurn? MostUrgent()
        {
            while (true)
            {
                while (next is not null && draft.Has(next.Value)) next = next.Next;
                if (next is not null && draft.Fits(next.Value, share)) return next.Value;
                if (!works!.MoveNext()) return null;
                next = works.Current.Longest;
            }
        }
    }
}

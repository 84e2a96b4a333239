using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Batching;

/// <summary>The requests that can share a forward pass, by client.</summary>
internal sealed class Lane(LaneKey key, CostModel cost, Account account)
{
    private readonly Dictionary<string, ClientQueue> clients = new(StringComparer.Ordinal);
    private readonly LinkedList<Work> works = new();
    private readonly Ledger ledger = new();
    private long numbers;

    public LaneKey Key => key;

    /// <summary>The device time it has had.</summary>
    public Account Account => account;

    public CostModel Cost => cost;

    /// <summary>What its ticks cost, as far as is known now.</summary>
    public CostFit Fit => cost.Fit;

    /// <summary>Rows that one of its ticks may have.</summary>
    public int Cap => cost.Cap;

    /// <summary>Ticks of this lane since it last had no work.</summary>
    public long Tick { get; private set; }

    /// <summary>Interactive requests here.</summary>
    public int Interactive { get; private set; }

    /// <summary>What its next tick is expected to cost if it may have so many rows.</summary>
    public double NextTick(int most) => Fit.Tick(Math.Min(most, clients.Values.Sum(c => c.Pictures.Count)));

    /// <summary>In the order of their admission.</summary>
    public IReadOnlyCollection<Work> Works => works;

    /// <summary>Those with work here.</summary>
    public IReadOnlyCollection<ClientQueue> Clients => clients.Values;

    public ClientQueue Of(string client) => clients[client];

    internal void Add(Work work, double weight)
    {
        works.AddLast(work.InArrivals);
        if (work.Class == RequestClass.Interactive) Interactive++;
        foreach (var sample in work.Waiting) sample.Since = Tick;
        if (!clients.TryGetValue(work.Client, out var client))
            clients[work.Client] = client = new ClientQueue(work.Client, numbers++, ledger.Open(work.Client, weight));
        client.Add(work);
    }

    internal void Remove(Work work)
    {
        works.Remove(work.InArrivals);
        if (work.Class == RequestClass.Interactive) Interactive--;
        var client = clients[work.Client];
        client.Remove(work);
        if (client.Works.Count > 0) return;
        clients.Remove(work.Client);
        ledger.Close(client.Name, client.Account);
    }

    internal void Release(Work work)
    {
        foreach (var sample in work.Release())
        {
            sample.Since = Tick;
            clients[work.Client].Add(sample);
        }
    }

    /// <summary>Advances what ran, and charges its time to its clients by rows.</summary>
    internal void Commit(IReadOnlyCollection<SampleTurn> ran, double milliseconds)
    {
        Tick++;
        account.Charge(milliseconds);
        var rows = ran.Sum(s => s.Cost);
        foreach (var sample in ran)
        {
            var client = clients[sample.Owner.Client];
            client.Account.Charge(milliseconds * sample.Cost / rows);
            sample.Owner.Advance(sample, Tick);
            client.Advance(sample);
        }
        ledger.Settle(clients.Values.Min(c => c.Account.Spent));
    }
}

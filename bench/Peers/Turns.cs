namespace Diffusion.Bench.Peers;

/// <summary>What each peer took in each round. All do the same in every round, and another one begins each time.</summary>
internal sealed class Turns
{
    private readonly Dictionary<string, List<Took>> took = [];

    public Turns(IReadOnlyList<Peer> peers, int rounds, Func<Peer, Took> work)
    {
        foreach (var peer in peers)
        {
            took[peer.Name] = [];
            // the first time chooses and compiles what the later ones only run
            work(peer);
        }
        for (var round = 0; round < rounds; round++)
            for (var turn = 0; turn < peers.Count; turn++)
            {
                var peer = peers[(round + turn) % peers.Count];
                took[peer.Name].Add(work(peer));
            }
    }

    public double[] Clock(string peer) => [.. took[peer].Select(t => t.Clock)];

    /// <summary>How many times as long as <paramref name="ours"/> another one took, round by round.</summary>
    public double[] Ratios(string other, string ours, bool byClock) =>
        [.. took[other].Zip(took[ours], (a, b) => byClock ? a.Clock / b.Clock : a.Processor / b.Processor)];
}

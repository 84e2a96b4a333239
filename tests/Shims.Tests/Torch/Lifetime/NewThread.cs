namespace Shims.Tests.Torch.Lifetime;

internal static class NewThread
{
    /// <summary>Runs each on a thread of its own, all at once and to the end, and passes their exceptions on.</summary>
    public static void Run(params Action[] works)
    {
        var failures = new Exception?[works.Length];
        var threads = works.Select((work, i) => new Thread(() =>
        {
            try
            {
                work();
            }
            catch (Exception e)
            {
                failures[i] = e;
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        if (failures.OfType<Exception>().ToArray() is { Length: > 0 } thrown) throw new AggregateException(thrown);
    }
}

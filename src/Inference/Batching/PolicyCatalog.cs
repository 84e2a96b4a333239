namespace Diffusion.Inference.Batching;

/// <summary>Every scheduling policy by name. Adding one: one file, one line here, one test; the conformance tests run over this list.</summary>
internal static class PolicyCatalog
{
    /// <summary>All policies; the first is the default.</summary>
    public static IReadOnlyList<ISchedulingPolicy> All { get; } =
    [
        new FairPolicy(),
        new FifoPolicy(),
        new RequestLevelPolicy(),
        new SerialPolicy(),
    ];

    /// <summary>The policy of that name, or null.</summary>
    public static ISchedulingPolicy? Find(string name) => All.FirstOrDefault(p => p.Name == name);
}

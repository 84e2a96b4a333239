namespace Diffusion.Inference.Batching;

/// <summary>Who is entitled to how much: 1 unless a setting says otherwise.</summary>
internal sealed class SchedulingWeights(IDictionary<string, double> models, IDictionary<string, double> clients)
{
    /// <summary>Everybody the same.</summary>
    public static SchedulingWeights Equal { get; } = new(new Dictionary<string, double>(), new Dictionary<string, double>());

    public double OfModel(string name) => models.TryGetValue(name, out var weight) ? weight : 1;

    public double OfClient(string name) => clients.TryGetValue(name, out var weight) ? weight : 1;
}

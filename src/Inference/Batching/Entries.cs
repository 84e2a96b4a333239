namespace Diffusion.Inference.Batching;

/// <summary>Where the pictures of a request enter its rows, when not all at the first.</summary>
/// <param name="FirstRows">The first row of each picture, 0-based.</param>
/// <param name="Held">Pictures that wait until others have made the state they begin with, see <see cref="Work.Release"/>.</param>
/// <param name="SingleRows">Rows at the start of the table that take one evaluation where the rest take a guidance pair.</param>
internal sealed record Entries(IReadOnlyList<int> FirstRows, IReadOnlyList<int> Held, int SingleRows);

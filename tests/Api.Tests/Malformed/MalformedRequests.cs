namespace Diffusion.Api.Tests.Malformed;

/// <summary>One wrong request.</summary>
/// <param name="Number">Its number; with the seed it gives the same again.</param>
/// <param name="What">What is wrong with it.</param>
/// <param name="Bytes">As it goes over the wire.</param>
/// <param name="IsBroken">Whether it breaks HTTP itself.</param>
internal sealed record Malformed(int Number, string What, byte[] Bytes, bool IsBroken);

/// <summary>Wrong requests without end, made from what an OpenAPI document says is right.</summary>
/// <param name="operations">The calls of the document.</param>
/// <param name="generation">The id of a generation that there is.</param>
/// <param name="seed">Same seed, same requests.</param>
internal sealed class MalformedRequests(IReadOnlyList<Operation> operations, string generation, int seed)
{
    private const int Stride = 1_000_003;

    public Malformed this[int number]
    {
        get
        {
            var chance = new Random(unchecked((seed * Stride) + number));
            var operation = operations[chance.Next(operations.Count)];
            var draft = new Draft(operation.Method, Right(operation.Path));
            var spoiling = new Spoiling(chance, operation);
            var what = Spoiling.Ways[chance.Next(Spoiling.Ways.Length)](spoiling, draft);
            // one wrong thing hides another: now and then there are two
            if (draft.Raw is null && chance.Next(5) == 0) what += ", " + Spoiling.Ways[chance.Next(Spoiling.Ways.Length)](spoiling, draft);
            return new Malformed(number, $"{operation.Method} {operation.Path}: {what}", draft.ToBytes(), draft.IsBroken);
        }
    }

    private string Right(string path) => path
        .Replace("training-jobs/{id}", "training-jobs/1", StringComparison.Ordinal)
        .Replace("{id}", generation, StringComparison.Ordinal)
        .Replace("uploads/{id}", "uploads/upl_1", StringComparison.Ordinal)
        .Replace("datasets/{name}", "datasets/tiny", StringComparison.Ordinal)
        .Replace("samplers/{name}", "samplers/ddim", StringComparison.Ordinal)
        .Replace("{name}", Service.Plain, StringComparison.Ordinal)
        .Replace("{version}", "1", StringComparison.Ordinal)
        .Replace("{alias}", "default", StringComparison.Ordinal)
        .Replace("{slug}", "validation", StringComparison.Ordinal)
        .Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal);
}

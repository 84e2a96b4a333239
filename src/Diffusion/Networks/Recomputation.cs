using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>
/// Evaluates a network in parts of which only the ends are kept, and computes what is between them again, part by part, when the gradient comes
/// back (Chen et al. 2016, "Training deep nets with sublinear memory cost"): the memory of one part, for one more pass forward. Gradients are
/// summed up in the usual order, so they have the usual bits where they also lie in memory as usual.
/// </summary>
/// <remarks>
/// The order of calls: <see cref="Enter"/>, <see cref="Evaluate"/> for each part, <c>backward</c> of what is computed from the last result, <see cref="Backward"/>.
/// Parts are given what <see cref="Enter"/> and <see cref="Evaluate"/> returned, and no two share a parameter.
/// </remarks>
/// <param name="draws">Whether parts draw numbers from the CPU's generator, which must be the same ones again.</param>
internal sealed class Recomputation(bool draws) : IDisposable
{
    private readonly List<(Tensor Given, Tensor Inside)> entries = [];
    private readonly Stack<Part> parts = new();

    /// <summary>The same values, cut off from what they were computed from until <see cref="Backward"/>.</summary>
    public Tensor Enter(Tensor given)
    {
        var inside = given.detach().DetachFromDisposeScope();
        inside.requires_grad = given.requires_grad;
        entries.Add((given.alias().DetachFromDisposeScope(), inside));
        return inside;
    }

    /// <summary>Evaluates a part.</summary>
    /// <param name="inputs">What it is given; null for what is not there.</param>
    /// <param name="evaluate">Called again in <see cref="Backward"/>, with the same values.</param>
    /// <returns>Its result, which lives until then.</returns>
    public Tensor Evaluate(Tensor?[] inputs, Func<Tensor?[], Tensor> evaluate)
    {
        var state = draws ? random.get_rng_state().DetachFromDisposeScope() : null;
        using var off = no_grad();
        using var result = evaluate(inputs);
        var inside = result.detach().DetachFromDisposeScope();
        inside.requires_grad = true;
        parts.Push(new Part(inputs, evaluate, inside, state));
        return inside;
    }

    /// <summary>Takes the gradients from the last results back to the parameters of all parts and to what entered, and forgets the parts.</summary>
    public void Backward()
    {
        using var scope = NewDisposeScope();
        var state = draws ? random.get_rng_state() : null;
        while (parts.TryPop(out var part))
        {
            using (part) part.Backward();
        }
        foreach (var (given, inside) in entries)
            if (inside.grad is { } gradient) autograd.backward([given], [gradient]);
        if (state is not null) random.set_rng_state(state);
        Dispose();
    }

    /// <summary>Forgets all that was evaluated.</summary>
    public void Dispose()
    {
        while (parts.TryPop(out var part)) part.Dispose();
        foreach (var (given, inside) in entries)
        {
            given.Dispose();
            inside.Dispose();
        }
        entries.Clear();
    }

    private sealed record Part(Tensor?[] Inputs, Func<Tensor?[], Tensor> Evaluate, Tensor Result, Tensor? State) : IDisposable
    {
        public void Backward()
        {
            using var scope = NewDisposeScope();
            if (Result.grad is not { } gradient) return;
            if (State is not null) random.set_rng_state(State);
            var (roots, seeds) = (new List<Tensor>(), new List<Tensor>());
            var inputs = Array.ConvertAll(Inputs, Again);
            roots.Add(Evaluate(inputs));
            seeds.Add(gradient);
            autograd.backward(roots, seeds);

            // what later parts have added to an input's gradient already comes first in its sum, as it would in one pass through the whole
            Tensor? Again(Tensor? input)
            {
                if (input is not { requires_grad: true }) return input;
                var again = input.alias();
                if (input.grad is { } soFar)
                {
                    input.grad = null;
                    roots.Add(again);
                    seeds.Add(soFar);
                }
                return again;
            }
        }

        public void Dispose()
        {
            Result.Dispose();
            State?.Dispose();
        }
    }
}

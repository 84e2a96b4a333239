namespace Diffusion.Inference.Batching;

/// <summary>How much device time a lane or a client has had, in milliseconds divided by its weight.</summary>
/// <param name="weight">A weight of 2 is entitled to twice the time.</param>
/// <param name="spent">Where it starts.</param>
internal sealed class Account(double weight, double spent)
{
    public double Weight => weight;

    public double Spent { get; private set; } = spent;

    public void Charge(double milliseconds) => Spent += milliseconds / weight;
}

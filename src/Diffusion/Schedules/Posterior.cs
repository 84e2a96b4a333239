namespace Diffusion.Schedules;

/// <summary>The Gaussian q(x_s | x_t, x_0) = N(c1 x_0 + c2 x_t, variance I).</summary>
/// <param name="CleanWeight">c1, the weight of x_0.</param>
/// <param name="NoisyWeight">c2, the weight of x_t.</param>
/// <param name="Variance">The posterior variance, "fixed-small" (0 when s = 0).</param>
/// <param name="Beta">The (respaced) beta of the step, "fixed-large"; sigma_t^2 - sigma_s^2 where variance explodes.</param>
public readonly record struct Posterior(double CleanWeight, double NoisyWeight, double Variance, double Beta);

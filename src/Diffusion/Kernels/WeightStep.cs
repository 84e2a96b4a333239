using System.Runtime.InteropServices;

namespace Diffusion.Kernels;

/// <summary>
/// The numbers of a step: g = Share gradient, m &lt;- Beta1 m + (1 - Beta1) g, v &lt;- Beta2 v + (1 - Beta2) g^2,
/// w &lt;- Keep w + Size m / (sqrt(v) / Spread + Epsilon), and of the average e &lt;- Average e + (1 - Average) w.
/// </summary>
/// <param name="Share">What the gradient is clipped to, 1 for not at all.</param>
/// <param name="Keep">1 - learning rate x weight decay.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Size">-learning rate / (1 - Beta1^n) in step n.</param>
/// <param name="Spread">sqrt(1 - Beta2^n).</param>
/// <param name="Epsilon">Of the denominator.</param>
/// <param name="Average">Decay of the average; 1 leaves it as it is.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct WeightStep(double Share, double Keep, double Beta1, double Beta2, double Size, double Spread, double Epsilon, double Average);

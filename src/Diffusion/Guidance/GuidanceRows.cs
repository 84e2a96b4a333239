namespace Diffusion.Guidance;

/// <summary>Which evaluations of the network a sample needs at each step.</summary>
[Flags]
public enum GuidanceRows
{
    /// <summary>With the label.</summary>
    Conditional = 1,

    /// <summary>With the null label.</summary>
    Unconditional = 2,

    /// <summary>Both, in one forward pass.</summary>
    Both = Conditional | Unconditional,
}

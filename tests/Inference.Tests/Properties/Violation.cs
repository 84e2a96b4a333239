namespace Diffusion.Inference.Tests.Properties;

/// <summary>A law does not hold.</summary>
internal sealed class Violation(string law, string what) : Exception($"{law}: {what}")
{
    public string Law => law;

    public static void Unless(bool holds, string law, Func<string> what)
    {
        if (!holds) throw new Violation(law, what());
    }
}

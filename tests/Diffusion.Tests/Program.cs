using Diffusion.Tests.Faults;

namespace Diffusion.Tests;

/// <summary>The test assembly as a program of its own: the writer that tests kill.</summary>
internal static class Program
{
    private static int Main(string[] args) => Writer.Run(args);
}

using System.Runtime.CompilerServices;
using TorchSharp;

namespace Shims.Tests.Torch;

internal static class OneTorchThread
{
    /// <summary>One thread for every test: results that can be compared bit for bit, and no fight for the cores.</summary>
    [ModuleInitializer]
    internal static void Set() => torch.set_num_threads(1);
}

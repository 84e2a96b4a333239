using Diffusion.Inference.Store;
using Diffusion.Testing;
using Microsoft.Extensions.Options;

namespace Diffusion.Inference.Tests.Store;

public sealed class StoreDoorTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Close_ByTwoAtOnce_EndsForBothWhenTheFolderIsFree()
    {
        var options = new StoreOptions { Path = folder["store"] };
        var door = new StoreDoor(Options.Create(options));
        using var gate = new ManualResetEventSlim();
        var slow = door.Open().Writer.WriteAsync(_ => gate.Wait(TimeSpan.FromSeconds(60)));
        var (first, second) = (door.CloseAsync(), door.CloseAsync());
        Assert.Equal("The service is stopping.", door.Shut);
        Assert.False(first.IsCompleted || second.IsCompleted);
        gate.Set();
        await second;
        await StoreSession.Open(options).DisposeAsync();
        await first;
        Assert.True(await slow);
    }
}

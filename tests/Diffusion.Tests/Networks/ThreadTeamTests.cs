using Diffusion.Kernels;
using Diffusion.Networks;
using TorchSharp;

namespace Diffusion.Tests.Networks;

public sealed class ThreadTeamTests
{
    // of 32x32 and width 32 two images are work for one thread
    [Theory]
    [InlineData(16, 32, 32, 1, 1)]
    [InlineData(16, 32, 32, 3, 1)]
    [InlineData(16, 32, 32, 4, 2)]
    [InlineData(16, 32, 32, 8, 4)]
    [InlineData(16, 32, 32, 64, 16)]
    [InlineData(16, 64, 32, 1, 2)]
    [InlineData(16, 64, 128, 1, 16)]
    [InlineData(1, 64, 128, 64, 1)]
    [InlineData(2, 8, 16, 64, 1)]
    public void For_APass_IsAsManyAsHaveSomethingToDo(int most, int imageSize, int width, int rows, int expected)
    {
        var network = new UNetConfig { ImageSize = imageSize, Channels = 1, ModelChannels = width, ChannelMultipliers = [1, 2], ResidualBlocks = 1, AttentionResolutions = [], HeadChannels = 16 };
        Assert.Equal(expected, ThreadTeam.For(most, network, rows));
    }

    [Fact]
    public void Use_APassOfLittleWork_LeavesTheTeamOfEveryOtherThread()
    {
        Assert.True(NativeKernels.Loaded);
        var network = new UNetConfig { ImageSize = 32, Channels = 1, ModelChannels = 32, ChannelMultipliers = [1, 2], ResidualBlocks = 1, AttentionResolutions = [], HeadChannels = 16 };
        var (before, seen) = (torch.get_num_threads(), new List<int>());
        try
        {
            InThread(() =>
            {
                Assert.Equal(3, ThreadTeam.Enter(3));
                ThreadTeam.Use(3, network, 2);
                seen.Add(torch.get_num_threads());
                ThreadTeam.Use(3, network, 4);
                seen.Add(torch.get_num_threads());
                ThreadTeam.Use(3, network, 1);
            });
            // one that begins afterwards and says nothing
            InThread(() => seen.Add(torch.get_num_threads()));
        }
        finally
        {
            torch.set_num_threads(before);
        }
        Assert.Equal([1, 2, 3], seen);

        static void InThread(Action work)
        {
            Exception? wrong = null;
            var thread = new Thread(() => wrong = Record.Exception(work));
            thread.Start();
            thread.Join();
            Assert.Null(wrong);
        }
    }
}

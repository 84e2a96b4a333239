using Diffusion.Testing;
using Diffusion.Training.Evaluation;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Evaluation;

public sealed class ReferenceCacheTests : IDisposable
{
    private static readonly string Features = Repository.Path("tests", "fixtures", "torch", "features.pt");

    private readonly TemporaryFolder folder = new();

    public ReferenceCacheTests() => TinySet.Write(folder["data"], train: 12, test: 9);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Get_Again_ReadsWhatWasWritten()
    {
        var first = Get(out var calls);
        Assert.Equal(1, calls);
        var second = Get(out calls);
        Assert.Equal(0, calls);
        Assert.Equal((9, 4), (second.Count, second.Fit.Mean.Length));
        Assert.Equal(first.Fit.Mean, second.Fit.Mean);
        Assert.Equal(first.Fit.Covariance, second.Fit.Covariance);
        Assert.Equal(first.Features.Values, second.Features.Values);
        // labels in turn: 0, 1, 0, 1 and so on until the fifth 1, of which there are four
        Assert.Equal(9, second.Features.Count);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(-9, false)]
    [InlineData(0, true)]
    public void Get_DamagedOrWithoutItsNote_ComputesAgain(int offset, bool removesNote)
    {
        var first = Get(out _);
        var file = Assert.Single(Directory.GetFiles(folder["cache"], "*.safetensors"));
        if (removesNote) File.Delete(Path.ChangeExtension(file, ".sha256"));
        else
        {
            var bytes = File.ReadAllBytes(file);
            bytes[(offset + bytes.Length) % bytes.Length] ^= 1;
            File.WriteAllBytes(file, bytes);
        }
        Assert.Equal(first.Fit.Mean, Get(out var calls).Fit.Mean);
        Assert.Equal(1, calls);
        Get(out calls);
        Assert.Equal(0, calls);
    }

    [Fact]
    public void Get_OtherImagesSplitOrNetwork_AreOthers()
    {
        Get(out _);
        Get(out var calls, split: "train");
        Assert.Equal(1, calls);
        Get(out calls, network: Repository.Path("tests", "fixtures", "torch", "switched.pt"));
        Assert.Equal(1, calls);
        Directory.Delete(Path.Combine(folder["data"], TinySet.Name), recursive: true);
        TinySet.Write(folder["data"], train: 12, test: 8);
        Assert.Equal(8, Get(out calls).Count);
        Assert.Equal(1, calls);
    }

    private Reference Get(out int calls, string split = "test", string? network = null)
    {
        using var set = TinySet.Open(folder["data"], split);
        using var counted = new Counted(ScriptFeatures.Load(network ?? Features, CPU));
        var reference = new ReferenceCache(folder["cache"]).Get(set, split, counted, CancellationToken.None);
        calls = counted.Calls;
        return reference;
    }

    private sealed class Counted(IFeatureNetwork of) : IFeatureNetwork
    {
        public int Calls { get; private set; }
        public string Distance => of.Distance;
        public string Suffix => of.Suffix;
        public string Description => of.Description;
        public string Digest => of.Digest;
        public string Score => of.Score;

        public Vectors Features(ImageSource images, CancellationToken stop)
        {
            Calls++;
            return of.Features(images, stop);
        }

        public Vectors? Probabilities(ImageSource images, CancellationToken stop) => of.Probabilities(images, stop);

        public void Dispose() => of.Dispose();
    }
}

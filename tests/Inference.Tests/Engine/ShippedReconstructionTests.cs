using Diffusion.Imaging;
using Diffusion.Inference.Jobs;
using Diffusion.Testing;

namespace Diffusion.Inference.Tests.Engine;

/// <summary>Digits of the shipped model, up to their noise and back: the figures are in models/README.md.</summary>
public sealed class ShippedReconstructionTests : IDisposable
{
    private const string Model = "digits-ddpm";

    private readonly Rig rig = new(("ModelsPath", Repository.Path("models")), ("DefaultModels:0", Model), ("DefaultModels:1", "digits-dddm"));

    // far under what is measured, so that the kernels of another machine change nothing; a wrong row leaves less than 10 dB
    [Theory]
    [InlineData(20, 16)]
    [InlineData(50, 21)]
    public void Reconstruct_Digits_ComeBack(int steps, double least)
    {
        int[] labels = [0, 3, 5, 8];
        var drawn = rig.Run(new GenerationRequest { Model = Model, Sampler = "ddim", Steps = 20, Labels = labels, Count = labels.Length, Seed = 11 });
        var images = labels.Select((_, i) => new ImageStart(Array.ConvertAll(Rig.Picture(drawn, i), Pixels.ToByte))).ToArray();

        var made = rig.Run(new GenerationRequest
        {
            Kind = GenerationKind.Reconstruction,
            Model = Model,
            Steps = steps,
            Labels = labels,
            Starts = images,
            Count = images.Length,
        });

        var psnr = images.Select((image, i) => PictureError.Between(Array.ConvertAll(image.Pixels, Pixels.ToFloat), Rig.Picture(made, i)).Psnr!.Value).ToArray();
        Assert.InRange(psnr.Average(), least, 100);
    }

    public void Dispose() => rig.Dispose();
}

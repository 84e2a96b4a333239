using Diffusion.Checkpoints;
using Diffusion.Noise;
using Diffusion.Samplers;

namespace Diffusion.Tests.Checkpoints;

public sealed class EnumWordsTests
{
    [Fact]
    public void Words_OfAnEnumeration_AreThoseOfJsonAndFindTheirValues()
    {
        Assert.Equal(["exact", "tanh"], EnumWords.All<NormalCdf>());
        Assert.Equal([NormalCdf.Exact, NormalCdf.Tanh], EnumWords.All<NormalCdf>().Select(EnumWords.Parse<NormalCdf>));
        Assert.Equal(Enum.GetValues<Prediction>(), EnumWords.All<Prediction>().Select(EnumWords.Parse<Prediction>));
        Assert.Throws<InvalidOperationException>(() => EnumWords.Parse<NormalCdf>("erf"));
    }
}

using Diffusion.Api.Pictures;

namespace Diffusion.Api.Tests.Contracts;

public sealed class PictureFormatTests
{
    [Theory]
    [InlineData("*/*", "png")]
    [InlineData("image/*", "png")]
    [InlineData("image/webp", "webp")]
    [InlineData("image/png;q=0.5, image/jpeg", "jpeg")]
    [InlineData("application/json, */*;q=0.1", "json")]
    [InlineData("text/html, application/zip;q=0.9", "zip")]
    [InlineData("image/png;q=0, image/*", "jpeg")]
    public void Accepted_ByQualityAndSpecificity_ChoosesTheFormat(string accept, string format) =>
        Assert.Equal(format, PictureFormat.Accepted([accept])?.Name);

    [Theory]
    [InlineData("text/html")]
    [InlineData("image/avif")]
    [InlineData("*/*;q=0")]
    public void Accepted_NothingThatCanBeMade_IsNull(string accept) => Assert.Null(PictureFormat.Accepted([accept]));

    [Fact]
    public void Accepted_WithoutHeader_IsPng() => Assert.Equal(PictureFormat.Png, PictureFormat.Accepted([]));

    [Fact]
    public void Find_Jpg_IsJpeg() => Assert.Equal(PictureFormat.Jpeg, PictureFormat.Find("jpg"));
}

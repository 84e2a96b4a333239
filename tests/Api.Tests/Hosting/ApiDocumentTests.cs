using System.Net;
using System.Text.Json;
using Diffusion.Testing;

namespace Diffusion.Api.Tests.Hosting;

[Collection(SharedService.Name)]
public sealed class ApiDocumentTests(Service service)
{
    private static readonly string Committed = Repository.Path("docs", "openapi.json");

    /// <summary>UPDATE_OPENAPI=1 writes docs/openapi.json instead; read its diff before you commit it.</summary>
    [Fact]
    public async Task Document_IsTheCommittedOne()
    {
        var served = (await service.Http.GetStringAsync("/openapi/v1.json")).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("UPDATE_OPENAPI") == "1") await File.WriteAllTextAsync(Committed, served);
        Assert.Equal(await File.ReadAllTextAsync(Committed), served);
    }

    [Fact]
    public async Task Document_DescribesEveryFieldOfGenerate()
    {
        using var document = JsonDocument.Parse(await service.Http.GetStringAsync("/openapi/v1.json"));
        var generate = document.RootElement.GetProperty("paths").GetProperty("/generate").GetProperty("post");
        var described = generate.GetProperty("parameters").EnumerateArray().Where(p => p.GetProperty("in").GetString() == "query")
            .Select(p => p.GetProperty("name").GetString()!).Order();
        Assert.Equal(Api.Contracts.GenerateFields.Common.Concat(Api.Contracts.GenerateFields.Options).Order(), described);
        var examples = generate.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("examples");
        foreach (var example in examples.EnumerateObject())
        {
            var response = await service.GenerateAsync("", example.Value.GetProperty("value").GetRawText());
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Theory]
    [InlineData("interpolations")]
    [InlineData("inversions")]
    [InlineData("reconstructions")]
    public async Task Document_ExamplesOfStarts_Work(string path)
    {
        using var document = JsonDocument.Parse(await service.Http.GetStringAsync("/openapi/v1.json"));
        var body = document.RootElement.GetProperty("paths").GetProperty($"/v1/{path}").GetProperty("post").GetProperty("requestBody");
        var examples = body.GetProperty("content").GetProperty("application/json").GetProperty("examples").EnumerateObject().ToArray();
        Assert.NotEmpty(examples);
        foreach (var example in examples)
        {
            var json = new StringContent(example.Value.GetProperty("value").GetRawText(), System.Text.Encoding.UTF8, "application/json");
            var response = await service.Http.PostAsync($"/v1/{path}", json);
            Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task SwaggerUi_Loads()
    {
        var page = await service.Http.GetStringAsync("/swagger/index.html");
        Assert.Contains("swagger-ui", page, StringComparison.Ordinal);
        Assert.DoesNotMatch("<script>[^<]", page);
        Assert.Contains("/openapi/v1.json", await service.Http.GetStringAsync("/swagger/index.js"), StringComparison.Ordinal);
    }
}

using Diffusion.Checkpoints;
using Diffusion.Testing;

namespace Diffusion.Tests.Checkpoints;

public sealed class LineageTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private CheckpointStore Store => new(folder["models"], TimeProvider.System);

    private void Publish(string model, params LineageLink[] parents) =>
        Store.Publish(model, v => CheckpointStoreTests.Manifest(v) with { Parent = null, Parents = parents }, CheckpointStoreTests.WriteFiles);

    private static string[] Told(IEnumerable<LineageNode> nodes) => [.. nodes.Select(n => $"{n.Distance} {n.Model}@{n.Version} {n.State}")];

    [Fact]
    public void Lineage_OverModelsAndDeletions_IsComplete()
    {
        Publish("base");
        Publish("base", new LineageLink("base", 1, LineageLink.Initial));
        Publish("base", new LineageLink("base", 1, LineageLink.Initial));
        Publish("student", new("base", 2, LineageLink.Initial), new("base", 3, LineageLink.Teacher), new("elsewhere", 7, LineageLink.Teacher));
        Store.DeleteVersion("base", 2);

        var lineage = Lineage.Read(Store);
        Assert.Equal(
            ["0 student@1 Present", "1 base@2 Deleted", "1 base@3 Present", "1 elsewhere@7 Unknown", "2 base@1 Present"], Told(lineage.Ancestors("student", 1)));
        Assert.Equal(["0 base@1 Present", "1 base@2 Deleted", "1 base@3 Present", "2 student@1 Present"], Told(lineage.Descendants("base", 1)));
        Assert.Equal(["initial", "teacher", "teacher"], lineage.Ancestors("student", 1)[0].Parents.Select(p => p.Role));
    }

    [Fact]
    public void Lineage_OfAManifestWithOnlyAParent_HasIt()
    {
        Store.Publish("digits", v => CheckpointStoreTests.Manifest(v) with { Parent = new ParentReference("base", 4) }, CheckpointStoreTests.WriteFiles);
        Assert.Equal(new LineageLink("base", 4, LineageLink.Initial), Assert.Single(Lineage.Read(Store).Ancestors("digits", 1)[0].Parents));
    }

    [Fact]
    public void Lineage_OfVersionsThatNameEachOther_Ends()
    {
        Publish("a", new LineageLink("a", 2, LineageLink.Initial));
        Publish("a", new LineageLink("a", 1, LineageLink.Initial));
        Assert.Equal(["0 a@1 Present", "1 a@2 Present"], Told(Lineage.Read(Store).Ancestors("a", 1)));
    }

    [Fact]
    public void Lineage_WithADamagedManifest_KnowsNothingOfIt()
    {
        Publish("a");
        Publish("b", new LineageLink("a", 1, LineageLink.Initial));
        File.WriteAllText(Path.Combine(folder["models"], "a", "v000001", "manifest.json"), "{");
        Assert.Equal(["0 b@1 Present", "1 a@1 Unknown"], Told(Lineage.Read(Store).Ancestors("b", 1)));
    }
}

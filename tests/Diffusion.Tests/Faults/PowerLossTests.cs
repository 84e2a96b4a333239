using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Diffusion.Testing;
using Xunit.Abstractions;

namespace Diffusion.Tests.Faults;

/// <summary>
/// The power goes after every recorded call of the whole story, and takes what was not flushed: what the writer had been told
/// is done is there, and what it was at is there or not.
/// </summary>
public sealed class PowerLossTests(ITestOutputHelper output) : IDisposable
{
    private const int RandomLosses = 100;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [PreloadFact]
    public void Cut_AfterEveryCall_LosesNothingThatWasDoneAndShowsNothingByHalf()
    {
        var calls = Record();
        var disk = new RecordedDisk(folder["disk"]);
        var seen = new HashSet<string>();
        var (cuts, trees) = (0, 0);
        for (var at = 0; at <= calls.Length; at++)
        {
            if (at > 0) disk.Feed(calls[at - 1]);
            foreach (var loss in Loss.Usual.Concat(Enumerable.Range(0, RandomLosses).Select(i => Loss.Random(at * RandomLosses + i))))
            {
                var left = disk.Left(loss);
                cuts++;
                // the same tree at the same point of the story was looked at already
                if (!seen.Add($"{disk.Notes} {Digest(left)}")) continue;
                var tree = folder[$"tree{trees++}"];
                foreach (var (path, content) in left)
                    if (content is null) Directory.CreateDirectory(Path.Combine(tree, path));
                    else File.WriteAllBytes(Path.Combine(tree, path), content);
                Check(Path.Combine(tree, "models"), disk.Notes, $"after call {at} of {calls.Length} ({(at > 0 ? calls[at - 1].Split('\t')[0] : "")}, {Chapter.NameOf(Math.Min(disk.Notes, Chapter.Count - 1))}): {loss.Name}");
                Directory.Delete(tree, recursive: true);
            }
        }
        output.WriteLine($"{calls.Length + 1} moments, {cuts} cuts, {trees} different trees; lost 0, half visible 0");
        Assert.True(trees > 200, $"{trees} trees");
    }

    private static void Check(string root, int done, string where)
    {
        string state;
        try
        {
            state = StoreState.Of(root);
        }
        catch (Exception damage) when (damage is IOException or InvalidDataException)
        {
            Assert.Fail($"{where}: {damage.Message}");
            throw;
        }
        Assert.True(state == StoreState.Expected[done] || (done < Chapter.Count && state == StoreState.Expected[done + 1]), $"{where}: {state}, and not {StoreState.Expected[done]}");
        var wrong = StoreState.Afterwards(root);
        Assert.True(wrong is null, $"{where}: {wrong}");
    }

    private string[] Record()
    {
        using var library = new FaultLibrary();
        Directory.CreateDirectory(folder["disk"]);
        var (code, said) = library.Writer(
            ["tell", Path.Combine(folder["disk"], "models"), .. Enumerable.Range(0, Chapter.Count).Select(i => i.ToString(CultureInfo.InvariantCulture))],
            ("FAULT_ROOT", folder["disk"]), ("FAULT_LOG", folder["log"]));
        Assert.True(code == 0, said);
        Assert.Equal(StoreState.Expected[^1], StoreState.Of(Path.Combine(folder["disk"], "models")));
        return File.ReadAllLines(folder["log"]);
    }

    private static string Digest(SortedDictionary<string, byte[]?> left)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (path, content) in left)
        {
            digest.AppendData(Encoding.UTF8.GetBytes($"{path}\n{content?.Length}\n"));
            digest.AppendData(content ?? []);
        }
        return Convert.ToHexString(digest.GetHashAndReset());
    }
}

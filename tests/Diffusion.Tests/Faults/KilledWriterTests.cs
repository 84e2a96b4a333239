using System.Globalization;
using Diffusion.Testing;
using Xunit.Abstractions;

namespace Diffusion.Tests.Faults;

/// <summary>The writer is ended at every call that it makes on the models' folder, before it and in the middle of it.</summary>
public sealed class KilledWriterTests(ITestOutputHelper output) : IDisposable
{
    private readonly FaultLibrary library = new();
    private readonly TemporaryFolder folder = new();

    public void Dispose()
    {
        library.Dispose();
        folder.Dispose();
    }

    [PreloadFact]
    public void Kill_AtEveryCallOfEveryChange_LeavesItDoneOrUndone()
    {
        var (boundaries, before, after) = (0, 0, 0);
        Folders.Copy(Directory.CreateDirectory(folder["empty"]).FullName, folder["chapter0"]);
        for (var chapter = 0; chapter < Chapter.Count; chapter++)
        {
            var start = folder[$"chapter{chapter}"];
            var calls = Calls(start, folder[$"chapter{chapter + 1}"], chapter);
            // a chapter like one before it takes the same calls
            if (chapter is 4 or 9) continue;
            Parallel.For(0, calls.Count, new ParallelOptions { MaxDegreeOfParallelism = 2 }, at =>
            {
                foreach (var kind in calls[at].StartsWith("write", StringComparison.Ordinal) ? new[] { "kill", "tear" } : ["kill"])
                {
                    var work = folder[$"work-{chapter}-{at}-{kind}"];
                    Folders.Copy(start, work);
                    var root = Path.Combine(work, "models");
                    var (code, said) = library.Writer(["tell", root, $"{chapter}"], ("FAULT_ROOT", work), ("FAULT_AT", (at + 1).ToString(CultureInfo.InvariantCulture)), ("FAULT_KIND", kind));
                    Assert.True(code == FaultLibrary.Killed, $"{Chapter.NameOf(chapter)}, call {at + 1}: exit code {code}. {said}");
                    var state = StoreState.Of(root);
                    Assert.True(state == StoreState.Expected[chapter] || state == StoreState.Expected[chapter + 1], $"{Chapter.NameOf(chapter)}, {kind} at call {at + 1} ({calls[at]}): {state}");
                    Interlocked.Increment(ref boundaries);
                    Interlocked.Add(ref state == StoreState.Expected[chapter] ? ref before : ref after, 1);
                    var wrong = StoreState.Afterwards(root);
                    Assert.True(wrong is null, $"{Chapter.NameOf(chapter)}, {kind} at call {at + 1} ({calls[at]}): {wrong}");
                    Directory.Delete(work, recursive: true);
                }
            });
        }
        output.WriteLine($"{boundaries} kills: {before} left the state before, {after} the state after; lost 0, half visible 0");
        Assert.True(boundaries >= 150, $"{boundaries} kills");
        Assert.True(before > 0 && after > 0);
    }

    /// <summary>Tells the chapter without a fault; gives its calls.</summary>
    private List<string> Calls(string from, string to, int chapter)
    {
        Folders.Copy(from, to);
        var log = folder[$"log{chapter}"];
        var (code, said) = library.Writer(["tell", Path.Combine(to, "models"), $"{chapter}"], ("FAULT_ROOT", to), ("FAULT_LOG", log));
        Assert.True(code == 0, said);
        Assert.Equal(StoreState.Expected[chapter + 1], StoreState.Of(Path.Combine(to, "models")));
        return [.. File.ReadAllLines(log).Where(l => !l.StartsWith("note", StringComparison.Ordinal))];
    }
}

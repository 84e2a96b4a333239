using System.Text.Json.Nodes;
using Diffusion.Checkpoints;
using Diffusion.Training;
using Diffusion.Training.Data;
using Diffusion.Training.Runs;

namespace Diffusion.Bench.Peers;

/// <summary>The trainer on the shipped digit job, over drawn images; it waits after each turn's last step.</summary>
internal sealed class TrainingSteps : IDisposable
{
    private const string Images = "drawn";
    private const int Endless = 1_000_000;

    private readonly string folder = Directory.CreateTempSubdirectory("diffusion-peers-").FullName;
    private readonly CancellationTokenSource stop = new();
    private readonly SemaphoreSlim go = new(0), done = new(0);
    private readonly Thread thread;
    private Exception? death;
    private int left;

    public TrainingSteps(string models, int batch, int threads)
    {
        WriteImages();
        var options = new TrainingOptions
        {
            Data = Path.Combine(folder, "data"),
            State = Path.Combine(folder, "state"),
            Models = Path.Combine(folder, "models"),
            Device = "cpu",
            Threads = threads,
        };
        var run = new TrainingRun(JobFile(models, batch), options, new CheckpointStore(options.Models, TimeProvider.System), TimeProvider.System) { Report = _ => Wait() };
        thread = new Thread(() =>
        {
            try
            {
                go.Wait();
                run.Execute(stop.Token);
            }
            catch (Exception e)
            {
                death = e;
            }
            done.Release();
        });
        thread.Start();
    }

    public void Run(int steps)
    {
        left = steps;
        go.Release();
        done.Wait();
        if (death is not null) throw new InvalidOperationException("The run has ended.", death);
    }

    public void Dispose()
    {
        stop.Cancel();
        left = int.MaxValue;
        go.Release();
        thread.Join();
        Directory.Delete(folder, recursive: true);
        foreach (var thing in (IDisposable[])[stop, go, done]) thing.Dispose();
    }

    private void Wait()
    {
        if (--left > 0) return;
        done.Release();
        go.Wait();
    }

    // the published job in the length of a bench: nothing is saved, drawn or published on the way
    private static byte[] JobFile(string models, int batch)
    {
        var job = JsonNode.Parse(File.ReadAllBytes(Path.Combine(models, "jobs", "digits-ddpm.json")))!.AsObject();
        job.Remove("initialFrom");
        job.Remove("images");
        job["steps"] = Endless;
        job["data"] = Images;
        job["batch"] = batch;
        job["every"] = new JsonObject { ["checkpoint"] = Endless, ["sample"] = 0, ["publish"] = 0, ["log"] = 1 };
        return System.Text.Encoding.UTF8.GetBytes(job.ToJsonString());
    }

    private void WriteImages()
    {
        const int count = 2000, pixels = 32 * 32;
        var random = new Random(1);
        var (values, labels) = (new byte[count * pixels], new byte[count]);
        random.NextBytes(values);
        for (var i = 0; i < count; i++) labels[i] = (byte)(i % 10);
        Directory.CreateDirectory(Path.Combine(folder, "data"));
        ImageSetWriter.Write(Path.Combine(folder, "data"), new ImageSetManifest
        {
            Name = Images,
            Channels = 1,
            Height = 32,
            Width = 32,
            Classes = [.. Enumerable.Range(0, 10).Select(c => $"{c}")],
            Splits = new Dictionary<string, int>(),
            Source = "drawn at random",
            Terms = "none",
            Files = new Dictionary<string, FileDigest>(),
        }, [new ImageSplit("train", values, labels)]);
    }
}

using System.Text.Json;
using Diffusion.Networks;
using Diffusion.Training.Data;
using Diffusion.Training.Evaluation;
using Diffusion.Training.Files;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using Diffusion.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Runs;

/// <summary>Makes the classifier that judges samples: <c>models/NAME/classifier.safetensors</c>, with its accuracy on the test images beside it.</summary>
internal sealed class ClassifierTrainee : ITrainee
{
    private readonly ClassifierJob job;
    private readonly byte[] jobFile;
    private readonly TrainingOptions options;
    private readonly ImageClassifier network, average;
    private readonly Device device;

    public ClassifierTrainee(ClassifierJob job, byte[] jobFile, TrainingOptions options, Device device)
    {
        (this.job, this.jobFile, this.options, this.device) = (job, jobFile, options, device);
        network = new ImageClassifier(job.Classifier, job.Seed).to(device);
        average = new ImageClassifier(job.Classifier, job.Seed).to(device);
        Objective = new ClassifierObjective(network, average, device);
    }

    public nn.Module Network => network;

    public nn.Module Average => average;

    public IObjective Objective { get; }

    public ForwardProcess? Forward => null;

    public void Sample(int step) { }

    public int? Publish(int step, long images)
    {
        using var test = ImageSet.Open(Path.Combine(options.Data, job.Data), "test");
        var right = new ImageJudge(average, device).Classes(ImageSource.Of(test), CancellationToken.None).Where((c, i) => c == test.Label(i)).Count();
        var folder = Path.Combine(options.Models, job.Model);
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, ImageJudge.FileName);
        average.Save(path + ".tmp");
        File.Move(path + ".tmp", path, overwrite: true);
        DurableFile.Write(Path.Combine(folder, "job.json"), jobFile);
        var report = new { model = job.Model, data = job.Data, imagesSeen = images, seed = job.Seed, testImages = test.Count, testAccuracy = right / (double)test.Count };
        DurableFile.Write(Path.Combine(folder, "report.json"), JsonSerializer.SerializeToUtf8Bytes(report, new JsonSerializerOptions { WriteIndented = true }));
        return null;
    }

    public void Dispose()
    {
        Objective.Dispose();
        network.Dispose();
        average.Dispose();
    }
}

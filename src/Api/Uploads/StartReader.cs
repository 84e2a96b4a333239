using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Api.Hosting;
using Diffusion.Checkpoints;
using Diffusion.Imaging;
using Diffusion.Inference;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Store;
using Diffusion.Samplers;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Uploads;

/// <summary>Turns what a request names as starts into starts that are complete in themselves: images decoded, generations looked up.</summary>
internal sealed class StartReader(
    GenerationService generations, GenerationArchive archive, IOptions<ApiOptions> api, IOptions<InferenceOptions> inference) : IDisposable
{
    // a decoded upload is many times its file: as many at once as can be worked on
    private readonly SemaphoreSlim decoding = new(Math.Max(1, Environment.ProcessorCount));

    /// <summary>The request with its starts, and with the model version that they fit.</summary>
    /// <param name="request">What was asked for beside its starts.</param>
    /// <param name="starts">The starts as they were named.</param>
    /// <param name="client">Whose generations may be named; null for anybody's.</param>
    /// <param name="cancellationToken">Ends the wait for a place.</param>
    /// <exception cref="RequestRefusedException">A file or a generation that cannot be used, by field.</exception>
    /// <exception cref="GenerationRefusedException">There is no such model.</exception>
    public async Task<GenerationRequest> ReadAsync(GenerationRequest request, IReadOnlyList<StartField> starts, string? client, CancellationToken cancellationToken)
    {
        if (starts.Count > inference.Value.MaxCount)
            throw RequestRefusedException.Invalid([new FieldError("images", $"images must be 1..{inference.Value.MaxCount} pictures, got {starts.Count}.")]);
        var earlier = starts.OfType<GenerationField>().ToDictionary(f => f, f => Find(f, client));
        var model = request.Model ?? earlier.Values.Select(g => g.Request.Model).FirstOrDefault();
        var manifest = generations.Resolve(model, request.Sampler);
        await decoding.WaitAsync(cancellationToken);
        try
        {
            long budget = api.Value.MaxUploadPixels;
            var read = starts.Select(s => s switch
            {
                SeedField seed => new SeedStart(seed.Seed),
                GenerationField field => Earlier(field, earlier[field]),
                UploadField upload => Decode(upload.File, manifest, ref budget),
                _ => throw new InvalidOperationException($"Unknown start {s.GetType()}."),
            }).ToArray();
            return request with { Model = FormattableString.Invariant($"{manifest.Model}@{manifest.Version}"), Starts = read };
        }
        finally
        {
            decoding.Release();
        }
    }

    public void Dispose() => decoding.Dispose();

    private static ImageStart Decode(Upload file, CheckpointManifest manifest, ref long budget)
    {
        try
        {
            var picture = PictureReader.Read(file.Bytes.Span, manifest.Network.ImageSize, manifest.Network.Channels, budget, out var pixels);
            budget -= pixels;
            return new ImageStart(picture.Pixels);
        }
        catch (UnreadablePictureException wrong)
        {
            var problem = wrong.Damage switch
            {
                PictureDamage.Format => ProblemCatalogue.UnsupportedMedia,
                PictureDamage.Size => ProblemCatalogue.TooLarge,
                _ => ProblemCatalogue.CorruptUpload,
            };
            throw new RequestRefusedException(problem, $"{file.Field}: {wrong.Message}", [new FieldError(file.Field, wrong.Message)]);
        }
    }

    private GenerationRecord Find(GenerationField field, string? client) => archive.Find(field.Id) is { } found && (client is null || found.Request.Client == client)
        ? found
        : throw new RequestRefusedException(ProblemCatalogue.UnknownGeneration, $"There is no generation '{field.Id}'.", [new FieldError($"{field.Name}.generation", $"There is no generation '{field.Id}'.")]);

    private PictureStart Earlier(GenerationField field, GenerationRecord earlier)
    {
        var (name, count) = ($"{field.Name}.generation", earlier.Request.Count);
        if (field.Index >= count)
            throw RequestRefusedException.Invalid([new FieldError($"{field.Name}.index", $"{field.Name}.index must be 0..{count - 1} in generation '{field.Id}', got {field.Index}.")]);
        return earlier.Request.Kind switch
        {
            GenerationKind.Generation => new SeedStart(earlier.Request.Seed!.Value, field.Index),
            GenerationKind.Inversion => Latent(field, earlier),
            _ => throw RequestRefusedException.Invalid([new FieldError(name, $"{name} must be an inversion or a plain generation; '{field.Id}' keeps no x_T.")]),
        };
    }

    private LatentStart Latent(GenerationField field, GenerationRecord inversion)
    {
        if (inversion.State is not (RecordState.Succeeded or RecordState.Expired))
            throw Refusal(ProblemCatalogue.ConflictingState, $"Inversion '{field.Id}' has no x_T: it is {inversion.State.ToString().ToLowerInvariant()}.");
        var result = inversion.State == RecordState.Expired ? null : archive.ReadResult(inversion);
        if (result is null) throw Refusal(ProblemCatalogue.ResultExpired, $"The x_T of inversion '{field.Id}' was removed; invert the image again.");
        var request = inversion.Request;
        var options = new SamplingOptions(SamplerCatalog.Find(DdimInversion.Sampler)!, request.Steps!.Value, request.Options);
        var time = DdimInversion.EndTime(generations.Resolve(request.Model, null).Traits, options);
        return LatentStart.Of(result.ValuesOf(field.Index), time, request.Model!);

        RequestRefusedException Refusal(Problem problem, string message) => new(problem, message, [new FieldError($"{field.Name}.generation", message)]);
    }
}

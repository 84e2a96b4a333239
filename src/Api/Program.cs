using Diffusion.Api.Endpoints;
using Diffusion.Api.Errors;
using Diffusion.Api.Hosting;
using Diffusion.Api.Hubs;
using Diffusion.Inference;
using Diffusion.Inference.Store;
using Diffusion.Training;
using Diffusion.Training.Commands;

if (await TrainingCommands.TryRunAsync(args, CancellationToken.None) is { } exitCode) return exitCode;

var builder = Settings.CreateBuilder(args);
if (ListenAddresses.Refusal(builder.Configuration) is { } refusal)
{
    Console.Error.WriteLine(refusal);
    return 2;
}

builder.WebHost.ConfigureEdge();
builder.Services.AddGenerationStore(builder.Configuration.GetSection(StoreOptions.Section));
builder.Services.AddInference(builder.Configuration.GetSection(InferenceOptions.Section));
builder.Services.AddTraining();
builder.Services.AddEdge(builder.Configuration);
builder.Services.AddApiDocument();
builder.Services.AddTelemetry(builder.Configuration);

var app = builder.Build();
app.UseEdgeSecurity();
app.UseExceptionHandler();
app.UseStatusCodePages(FailureHandler.ExplainStatusAsync);
app.UsePage();
app.UseApiDocument();

GenerateEndpoint.Map(app);
app.MapGenerations();
StartEndpoint.Map(app);
app.MapModels();
app.MapSamplers();
app.MapQueue();
app.MapTraining();
app.MapProblems();
app.MapHealth();
app.MapHub<GenerationHub>("/hubs/generation");

await app.RunAsync();
return 0;

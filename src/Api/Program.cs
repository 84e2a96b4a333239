using Diffusion.Api.Access;
using Diffusion.Api.Endpoints;
using Diffusion.Api.Errors;
using Diffusion.Api.Hosting;
using Diffusion.Api.Hubs;
using Diffusion.Inference;
using Diffusion.Inference.Store;
using Diffusion.Training;
using Diffusion.Training.Commands;

if (await TrainingCommands.TryRunAsync(args, CancellationToken.None) is { } exitCode) return exitCode;
if (KeyCommands.TryRun(args, Console.Out, Console.Error, TimeProvider.System) is { } keysExitCode) return keysExitCode;

var builder = Settings.CreateBuilder(args);
if (AccessServices.StartRefusal(builder) is { } refusal)
{
    Console.Error.WriteLine(refusal);
    return 2;
}

builder.WebHost.ConfigureEdge();
builder.Services.AddGenerationStore(builder.Configuration.GetSection(StoreOptions.Section));
builder.Services.AddInference(builder.Configuration.GetSection(InferenceOptions.Section));
builder.Services.AddTraining();
builder.Services.AddEdge(builder.Configuration);
builder.Services.AddAccess(builder.Configuration);
builder.Services.AddApiDocument();
builder.Services.AddTelemetry(builder.Configuration);

var app = builder.Build();
app.UseExceptionHandler();
app.UsePage();
app.UseApiDocument();
app.UseAccess();

GenerateEndpoint.Map(app);
app.MapGenerations();
app.MapModels();
app.MapAliases();
app.MapSamplers();
app.MapQueue();
app.MapTraining();
app.MapProblems();
app.MapHealth();
app.MapHub<GenerationHub>("/hubs/generation").RequireScope(Scopes.Generate).AllowKeyInQuery();

await app.RunAsync();
return 0;

using Diffusion.Api.Access;
using Diffusion.Api.Commands;
using Diffusion.Api.Endpoints;
using Diffusion.Api.Errors;
using Diffusion.Api.Evaluations;
using Diffusion.Api.Hosting;
using Diffusion.Api.Hubs;
using Diffusion.Inference;
using Diffusion.Inference.Models;
using Diffusion.Inference.Store;
using Diffusion.Networks;
using Diffusion.Training;
using Diffusion.Training.Commands;

ThreadTeam.Prepare();

if (CommandLine.TryHelp(args, Console.Out) is { } helpExitCode) return helpExitCode;
if (await TrainingCommands.TryRunAsync(args, CancellationToken.None) is { } exitCode) return exitCode;
if (await ModelCommands.TryRunAsync(args, Console.Out, Console.Error, TimeProvider.System, CancellationToken.None) is { } modelsExitCode) return modelsExitCode;
if (await PictureCommands.TryRunAsync(args, Console.Out, Console.Error, CancellationToken.None) is { } picturesExitCode) return picturesExitCode;
if (KeyCommands.TryRun(args, Console.Out, Console.Error, TimeProvider.System) is { } keysExitCode) return keysExitCode;
if (CommandLine.TryAnswer(args, Console.Out, Console.Error) is { } answerExitCode) return answerExitCode;

var builder = Settings.CreateBuilder(args);
if (AccessServices.StartRefusal(builder) is { } refusal)
{
    Console.Error.WriteLine(refusal);
    return 2;
}

TorchSettings.Apply(builder.Configuration);
builder.WebHost.ConfigureEdge();
builder.Services.AddGenerationStore(builder.Configuration.GetSection(StoreOptions.Section));
builder.Services.AddInference(builder.Configuration.GetSection(InferenceOptions.Section));
builder.Services.AddRetention(builder.Configuration.GetSection(RetentionOptions.Section));
builder.Services.AddTraining();
builder.Services.AddEvaluations();
builder.Services.AddEdge(builder.Configuration);
builder.Services.AddAccess(builder.Configuration);
builder.Services.AddApiDocument();
builder.Services.AddTelemetry(builder.Configuration);

var app = builder.Build();
PublicationSeam.UsePublications(app.Services);
app.UseExceptionHandler();
app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromSeconds(15), KeepAliveTimeout = TimeSpan.FromSeconds(15) });
app.UsePage();
app.UseApiDocument();
app.UseAccess();

GenerateEndpoint.Map(app);
app.MapGenerations();
StartEndpoint.Map(app);
ComparisonEndpoint.Map(app);
StreamEndpoint.Map(app);
app.MapModels();
app.MapVersions();
ExchangeEndpoints.Map(app);
app.MapAliases();
app.MapSamplers();
app.MapQueue();
app.MapDatasets();
app.MapTraining();
app.MapTrainingRecords();
app.MapEvaluations();
app.MapProblems();
app.MapHealth();
app.MapHub<GenerationHub>("/hubs/generation").RequireScope(Scopes.Generate).AllowKeyInQuery();
app.MapHub<TrainingHub>("/hubs/training").RequireScope(Scopes.Train).AllowKeyInQuery();

await app.RunAsync();
return 0;

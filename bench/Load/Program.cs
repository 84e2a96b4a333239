using Diffusion.Bench.Load;

// Load on a real service over loopback: the built Api is started as a process of its own for every condition, so that each one
// begins cold, and conditions that are compared take turns. Ratios are what counts.
// usage: dotnet run -c Release --project bench/Load -- latency|streaming|overload [--seconds N] [--pairs N] [--service DLL] [--models DIR]
var settings = Settings.Parse(args);
if (settings is null)
{
    Console.Error.WriteLine("usage: latency|streaming|overload [--seconds N] [--pairs N] [--service Diffusion.Api.dll] [--models DIR]");
    return 2;
}
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
await (settings.Scenario switch
{
    "latency" => MixedLatency.RunAsync(settings, stop.Token),
    "streaming" => StreamingCost.RunAsync(settings, stop.Token),
    _ => Overload.RunAsync(settings, stop.Token),
});
return 0;

using System.Text;
using Diffusion.Api.Streams;
using Diffusion.Inference.Jobs;
using Diffusion.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Diffusion.Api.Tests.Streams;

[Collection(SharedService.Name)]
public sealed class EventTapTests(Service service) : IDisposable
{
    private static readonly GenerationEvent[] Story = [new QueuedEvent("gen_x", 1, 0, 0), new StartedEvent("gen_x", 2, "m", 1, "ddim", 5, 7), new CompletedEvent("gen_x", 3, 1, 2)];

    private readonly CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));

    public void Dispose() => patience.Dispose();

    /// <summary>A generation that waits, and that no engine knows.</summary>
    private Generation Waiting()
    {
        var known = service.Services.GetRequiredService<GenerationService>().Submit(new GenerationRequest { Model = Service.Unlabelled, Steps = 1 });
        var waiting = new Generation("gen_waiting", known.Request, _ => { });
        waiting.Queue(0, 0);
        return waiting;
    }

    private async Task<List<GenerationEvent>> AllAsync(EventTap tap)
    {
        var events = new List<GenerationEvent>();
        await foreach (var happened in tap.ReadAsync(patience.Token)) events.Add(happened);
        return events;
    }

    [Theory]
    [InlineData(0, "1 2 3")]
    [InlineData(1, "1 2 3")]
    [InlineData(2, "2 3")]
    [InlineData(3, "3")]
    [InlineData(9, "3")]
    public async Task Read_OfThePast_BeginsAtTheSequenceAndHasTheEnd(long from, string expected)
    {
        using var tap = new EventTap("gen_x", Story, from);
        Assert.Equal(expected, string.Join(' ', (await AllAsync(tap)).Select(e => e.Sequence)));
        Assert.Null(tap.Watcher);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public async Task Read_WhenTheServiceStops_TellsNoEndOfWhatGoesOn(bool isDurable, int events)
    {
        var generation = Waiting();
        using var tap = new EventTap(generation, isDurable, FrameOptions.None, fromSequence: 0);
        generation.EndCanceled(byShutdown: true);
        Assert.Equal(events, (await AllAsync(tap)).Count);
    }

    [Fact]
    public async Task Stream_Silence_IsBrokenByComments()
    {
        var (generation, clock) = (Waiting(), new ManualTimeProvider());
        using var body = new MemoryStream();
        var http = new DefaultHttpContext();
        http.Response.Body = body;
        string Text() => Encoding.UTF8.GetString(body.ToArray());
        using var tap = new EventTap(generation, false, FrameOptions.None, 0);
        var writing = new EventStream<GenerationEvent>(tap.ReadAsync, e => (EventNames.Of(e), $"{e.Sequence}"), clock, new()).ExecuteAsync(http);
        await UntilAsync(() => Text().EndsWith("}\n\n", StringComparison.Ordinal));
        var told = Text();
        clock.Advance(EventStream.Heartbeat - TimeSpan.FromSeconds(1));
        Assert.Equal(told, Text());
        for (var comments = 1; comments <= 2; comments++)
        {
            clock.Advance(EventStream.Heartbeat);
            await UntilAsync(() => Text() == told + string.Concat(Enumerable.Repeat(":\n\n", comments)));
        }
        generation.EndCanceled();
        await writing.WaitAsync(patience.Token);
        Assert.Contains("event: canceled\nid: 2\n", Text(), StringComparison.Ordinal);
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}

using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Diffusion.Inference.Store;

/// <summary>Removes what is too old, or too much: results first, then the records that remember them.</summary>
internal sealed class Retention(IOptions<StoreOptions> options, TimeProvider time, ILogger<Retention> logger)
{
    private const int Most = 500;

    public async Task SweepAsync(StoreSession session)
    {
        var (settings, now) = (options.Value, time.GetUtcNow());
        await ExpireOldAsync(session, Milliseconds(now - settings.ResultAge)).ConfigureAwait(false);
        await ExpireSurplusAsync(session, settings.MaxResultBytes).ConfigureAwait(false);
        var (forgotten, unanswered) = (Milliseconds(now - settings.ResultAge - settings.TombstoneAge), Milliseconds(now - settings.AnswerAge));
        await session.Writer.WriteAsync(context =>
        {
            var ended = context.Generations.Where(r => r.State == RecordState.Failed || r.State == RecordState.Canceled || r.State == RecordState.Expired);
            return ended.Where(r => r.Ended < forgotten).ExecuteDelete() + context.Answers.Where(a => a.Created < unanswered).ExecuteDelete();
        }).ConfigureAwait(false);
        await ForgetSurplusAsync(session, settings.MaxAnswerBytes).ConfigureAwait(false);
    }

    private async Task ExpireOldAsync(StoreSession session, long before)
    {
        while (true)
        {
            var old = session.Database.Read(c => c.Generations
                .Where(r => r.State == RecordState.Succeeded && r.Ended < before).OrderBy(r => r.Ended).Select(r => r.Id).Take(Most).ToArray());
            if (old.Length == 0) return;
            await ExpireAsync(session, old).ConfigureAwait(false);
        }
    }

    private async Task ExpireSurplusAsync(StoreSession session, long limit)
    {
        while (true)
        {
            var surplus = session.Database.Read(c => c.Generations.Where(r => r.State == RecordState.Succeeded).Sum(r => r.ResultBytes)) - limit;
            if (surplus <= 0) return;
            var oldest = session.Database.Read(c => c.Generations.Where(r => r.State == RecordState.Succeeded)
                .OrderBy(r => r.Ended).ThenBy(r => r.Id).Select(r => new { r.Id, r.ResultBytes }).Take(Most).ToArray());
            var leaving = new List<string>();
            foreach (var one in oldest)
            {
                if (surplus <= 0) break;
                leaving.Add(one.Id);
                surplus -= one.ResultBytes;
            }
            await ExpireAsync(session, leaving).ConfigureAwait(false);
        }
    }

    // the record first: a file without a record is removed at the next start, a record without its file would lie
    private async Task ExpireAsync(StoreSession session, IReadOnlyCollection<string> ids)
    {
        await session.Writer.WriteAsync(context => context.Generations.Where(r => ids.Contains(r.Id) && r.State == RecordState.Succeeded)
            .ExecuteUpdate(r => r.SetProperty(x => x.State, RecordState.Expired).SetProperty(x => x.ResultBytes, 0).SetProperty(x => x.Revision, x => x.Revision + 1)))
            .ConfigureAwait(false);
        foreach (var id in ids) session.Files.Delete(id);
        logger.ResultsExpired(ids.Count);
    }

    private static async Task ForgetSurplusAsync(StoreSession session, long limit)
    {
        while (session.Database.Read(c => c.Answers.Sum(a => a.Bytes)) > limit)
        {
            var oldest = session.Database.Read(c => c.Answers.OrderBy(a => a.Created).Select(a => a.Key).Take(16).ToArray());
            await session.Writer.WriteAsync(context => context.Answers.Where(a => oldest.Contains(a.Key)).ExecuteDelete()).ConfigureAwait(false);
        }
    }

    private static long Milliseconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds();
}

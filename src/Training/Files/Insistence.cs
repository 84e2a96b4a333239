namespace Diffusion.Training.Files;

/// <summary>What must be written is tried until it is; when the service stops, the next start finds the record before it.</summary>
/// <typeparam name="TFailure">That it could not be written.</typeparam>
/// <param name="pause">Between two tries.</param>
/// <param name="time">The clock of the pauses.</param>
/// <param name="failed">Told of each try that failed.</param>
internal sealed class Insistence<TFailure>(TimeSpan pause, TimeProvider time, Action<TFailure> failed) where TFailure : Exception
{
    /// <summary>The result of <paramref name="write"/>, once it succeeds.</summary>
    public async Task<T> WrittenAsync<T>(Func<Task<T>> write, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await write();
            }
            catch (TFailure failure)
            {
                failed(failure);
                await Task.Delay(pause, time, stop);
            }
        }
    }
}

namespace Diffusion.Training.Commands;

/// <summary>Work on a thread of its own: torch keeps scopes, modes and a team of threads for every calling thread.</summary>
internal static class DedicatedThread
{
    public static Task<T> Run<T>(string name, Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(Body) { Name = name, IsBackground = true }.Start();
        return done.Task;

        void Body()
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        }
    }
}

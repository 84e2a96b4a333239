using Diffusion.Training.Imports;

namespace Diffusion.Api.Contracts;

/// <summary>Something new of an upload on its way to become an image set.</summary>
/// <param name="Type"><c>state</c> when it stands elsewhere than before, <c>progress</c> when it came further, <c>removed</c> when it is gone.</param>
/// <param name="Id">The upload.</param>
/// <param name="Upload">As it is now; not of one that is gone.</param>
internal sealed record DatasetUploadEvent(string Type, string Id, DatasetUpload? Upload)
{
    public static DatasetUploadEvent Of(ImportNews news, SetImports uploads) =>
        new(news.Import is null ? "removed" : news.IsTurn ? "state" : "progress", news.Id, news.Import is { } import ? DatasetUpload.Of(import, uploads) : null);
}

using Diffusion.Training.Data;
using Diffusion.Training.Imports;

namespace Diffusion.Api.Contracts;

/// <summary>An upload on its way to become an image set.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Of the set that it becomes.</param>
/// <param name="State">Where it stands; succeeded and failed are final.</param>
/// <param name="Offset">Bytes that are here for good; the upload goes on from there.</param>
/// <param name="Length">Bytes in all.</param>
/// <param name="Sha256">Of all of them, if it was announced.</param>
/// <param name="Settings">How its images become those of the set.</param>
/// <param name="Created">When it was announced, UTC.</param>
/// <param name="Expires">When it is given up if no more bytes come, UTC.</param>
/// <param name="Started">When its import began, UTC.</param>
/// <param name="Ended">When it was over, UTC.</param>
/// <param name="Progress">How far the import is.</param>
/// <param name="Error">Why it failed, with the entry named.</param>
/// <param name="Links">Where its parts are.</param>
internal sealed record DatasetUpload(
    string Id, string Name, SetImportState State, long Offset, long? Length, string? Sha256, DatasetUploadSettings Settings, DateTimeOffset Created, DateTimeOffset? Expires,
    DateTimeOffset? Started, DateTimeOffset? Ended, DatasetUploadProgress? Progress, string? Error, DatasetUploadLinks Links)
{
    /// <summary>The last part of where uploads are; no set can have it as its name.</summary>
    public const string Segment = "uploads";

    /// <summary>Where an upload is.</summary>
    public static string PathOf(string id) => $"/v1/datasets/{Segment}/{id}";

    public static DatasetUpload Of(SetImport upload, SetImports uploads) => new(
        upload.Id, upload.Name, upload.State, upload.Offset, upload.Length, upload.Sha256, DatasetUploadSettings.Of(upload.Settings), upload.Created,
        upload.State == SetImportState.Receiving ? uploads.ExpiryOf(upload) : null, upload.Started, upload.Ended, DatasetUploadProgress.Of(upload.Progress), upload.Error,
        new DatasetUploadLinks(PathOf(upload.Id), upload.State == SetImportState.Succeeded ? DatasetResponse.PathOf(upload.Name) : null));
}

/// <summary>How images become those of a set.</summary>
/// <param name="Size">Width and height, in pixels.</param>
/// <param name="Channels">1 for grey, 3 for colours.</param>
/// <param name="Fit">Whether what hangs over is cut off (<c>cover</c>), or black put around (<c>pad</c>).</param>
/// <param name="TestShare">Share of the images that becomes the split test where the source has no splits.</param>
/// <param name="Duplicates">Whether images with the pixels of one before them are left out (<c>drop</c>) or only listed (<c>keep</c>).</param>
/// <param name="Source">Where they come from.</param>
/// <param name="Terms">Under which terms.</param>
internal sealed record DatasetUploadSettings(int Size, int Channels, string Fit, double TestShare, string Duplicates, string Source, string Terms)
{
    public static DatasetUploadSettings Of(ImportSettings settings) => new(
        settings.Size, settings.Channels, settings.Fit == ImageFit.Pad ? "pad" : "cover", settings.TestShare, settings.KeepDuplicates ? "keep" : "drop", settings.Source, settings.Terms);
}

/// <summary>How far an import is.</summary>
/// <param name="Done">Entries of the source that were looked at.</param>
/// <param name="Total">Entries of the source.</param>
/// <param name="Refused">How many of them were left out.</param>
/// <param name="Share">Done of all, 0..1.</param>
internal sealed record DatasetUploadProgress(int Done, int? Total, int Refused, double? Share)
{
    public static DatasetUploadProgress? Of(ImportProgress? progress) => progress is null ? null
        : new DatasetUploadProgress(progress.Done, progress.Total, progress.Refused, progress.Total is > 0 and var total ? Math.Min(1, (double)progress.Done / total) : null);
}

/// <summary>Where the parts of an upload are.</summary>
/// <param name="Self">Itself.</param>
/// <param name="Dataset">The set that it became.</param>
internal sealed record DatasetUploadLinks(string Self, string? Dataset);

/// <summary>The uploads, newest first.</summary>
/// <param name="Items">All of them; what is over is forgotten after a while.</param>
internal sealed record DatasetUploadList(IReadOnlyList<DatasetUpload> Items);

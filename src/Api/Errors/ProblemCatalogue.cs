namespace Diffusion.Api.Errors;

/// <summary>Every kind of failure that this service answers with.</summary>
internal static class ProblemCatalogue
{
    public static readonly Problem Validation = new("validation", 400, "The request is not valid",
        "One or more fields are wrong. The member 'errors' names each of them with what is allowed; nothing was generated.");

    public static readonly Problem MalformedJson = new("malformed-json", 400, "The body is not valid JSON",
        "The body could not be read as one JSON object. The detail names the line and the position of the first mistake.");

    public static readonly Problem BadRequest = new("bad-request", 400, "The request could not be read",
        "The request breaks a rule of HTTP itself, so no field could be looked at.");

    public static readonly Problem DigestMismatch = new("digest-mismatch", 400, "The bytes are not those that were announced",
        "The SHA-256 of the body is not the one in the header Content-Digest: the bytes were changed on their way. None of them was taken; send them again.");

    public static readonly Problem Unauthorized = new("unauthorized", 401, "An API key is needed",
        "The call has no valid API key. Send one as Authorization: Bearer dk_..., or as X-Api-Key; browsers' WebSockets and event streams may have it as ?access_token=. Whoever runs the service makes keys with ./run keys add NAME.");

    public static readonly Problem Forbidden = new("forbidden", 403, "The API key may not do this",
        "The API key is valid and does not have the scope that the call needs; the detail names it. Scopes are generate, train and admin; a key gets them when it is made.");

    public static readonly Problem CrossSite = new("cross-site", 403, "The request comes from another site",
        "A browser sent this request on behalf of a page of another origin. Such requests are refused, so that a page elsewhere cannot use this service through its visitors.");

    public static readonly Problem NotFound = new("not-found", 404, "There is nothing at this address",
        "The path names no resource of this service. The list of all of them is at /swagger.");

    public static readonly Problem UnknownModel = new("unknown-model", 404, "No such model",
        "The model, its version or its alias does not exist here. GET /v1/models lists what is served.");

    public static readonly Problem UnknownSampler = new("unknown-sampler", 404, "No such sampler",
        "There is no sampler of this name. GET /v1/samplers lists them with their options.");

    public static readonly Problem UnknownGeneration = new("unknown-generation", 404, "No such generation",
        "The generation does not exist, or ended so long ago that it was forgotten. Finished generations are kept for a limited time.");

    public static readonly Problem UnknownTrainingJob = new("unknown-training-job", 404, "No such training job",
        "The queue holds no job of this id. GET /v1/training-jobs lists all of them.");

    public static readonly Problem UnknownDataset = new("unknown-dataset", 404, "No such image set",
        "There is no image set of this name, or it was deleted. GET /v1/datasets lists all of them.");

    public static readonly Problem UnknownUpload = new("unknown-upload", 404, "No such upload",
        "There is no upload of this id: it was dropped, it was given up because nothing was added to it for too long, or it was over long ago. GET /v1/datasets/uploads lists all of them.");

    public static readonly Problem UnknownEvaluation = new("unknown-evaluation", 404, "No such evaluation",
        "There is no evaluation of this id; one that ended long ago may be forgotten. GET /v1/evaluations lists those there are, and its figures stay with the version.");

    public static readonly Problem MethodNotAllowed = new("method-not-allowed", 405, "The method is not allowed here",
        "The address exists and answers other methods; the header Allow lists them.");

    public static readonly Problem FormatUnavailable = new("format-unavailable", 406, "None of the accepted formats can be made",
        "Pictures are made as image/png, image/jpeg, image/webp, image/gif, image/apng, application/json, application/zip, application/x-npz and application/octet-stream with dtype=uint8 or float32. Name one of them in Accept, or in the field 'format', which goes before Accept.");

    public static readonly Problem Canceled = new("canceled", 409, "The generation was canceled",
        "Somebody canceled the generation before it was finished. Send the request again to start anew.");

    public static readonly Problem ConflictingState = new("conflicting-state", 409, "It is too late for that",
        "The resource has reached a state in which the call has no meaning any more; the detail says which.");

    public static readonly Problem GenerationFailed = new("generation-failed", 409, "The generation failed and has no result",
        "The generation ended in an error, so there are no pictures. GET the generation itself: its member 'problem' names the reason. Send the request again to start anew.");

    public static readonly Problem IdempotencyInProgress = new("idempotency-in-progress", 409, "The first request with this key is still being answered",
        "A request with the same Idempotency-Key and the same contents came before and has no answer yet. Repeat this one a little later to get that answer.");

    public static readonly Problem MismatchingOffset = new("mismatching-upload-offset", 409, "The upload goes on elsewhere",
        "The header Upload-Offset is not the number of bytes that the service has. Nothing was taken; send the bytes from the member 'expected-offset' on.");

    public static readonly Problem DatasetExists = new("dataset-exists", 409, "There is such an image set",
        "There is an image set of this name, or an upload that is to become it. Image sets are immutable: choose another name, or delete the set first.");

    public static readonly Problem ResultExpired = new("result-expired", 410, "The result is not there any more",
        "Results are kept for a limited time and up to a limited size. The record of the generation still has its seed, model version and sampler, which make the same pictures again.");

    public static readonly Problem FramesNotKept = new("frames-not-kept", 409, "The generation kept no frames",
        "Frames are kept only for requests that ask for them: send the request again with frames=all, every:N or steps:a,b,c, and the seed of this one for the same pictures.");

    public static readonly Problem VersionMismatch = new("version-mismatch", 412, "The resource is not as you saw it",
        "The header If-Match or If-None-Match does not hold: somebody changed the resource meanwhile, and nothing was done. GET it again, look, and send its new ETag.");

    public static readonly Problem TooLarge = new("too-large", 413, "The body is too large",
        "The body is longer than this service reads. The fields of a generation fit into a few hundred bytes.");

    public static readonly Problem UnsupportedMedia = new("unsupported-media", 415, "The body is of a type that is not read here",
        "Send the fields as a JSON object with Content-Type: application/json, or in the query with no body.");

    public static readonly Problem RangeNotSatisfiable = new("range-not-satisfiable", 416, "The file has no such bytes",
        "The header Range asks for bytes beyond the end of the file; Content-Range says how many there are. A download of so many bytes is whole.");

    public static readonly Problem CorruptUpload = new("corrupt-upload", 422, "An uploaded file cannot be used",
        "The file in the field that 'errors' names is damaged, cut short or an animation. Send one still picture as PNG, JPEG or WebP. Of a version that is imported, 'errors' names the entry at fault; export it again where it comes from.");

    public static readonly Problem UnusableSource = new("unusable-source", 422, "No image set can be made of this",
        "The archive is damaged or cannot be trusted, or no image of it can be used; the detail names the entry. Nothing was imported.");

    public static readonly Problem SamplerNotSupported = new("sampler-not-supported-by-model", 422, "The model cannot be served this way",
        "The request is well formed, but the model cannot follow it: dddm needs a model that was trained with a memory input, and labels need a model that was trained with labels. GET /v1/samplers lists the models of each sampler.");

    public static readonly Problem DeadlineInfeasible = new("deadline-infeasible", 422, "The deadline cannot be promised",
        "Beside what is promised already, the pictures cannot be made within deadlineMs. The detail and the member 'predictedWaitMs' tell what can be promised now; ask for that, for fewer pictures or steps, or leave the deadline out.");

    public static readonly Problem IdempotencyKeyReused = new("idempotency-key-reused", 422, "The key belongs to another request",
        "The Idempotency-Key was used for a request with other contents, not long ago. Take a new key for a new request.");

    public static readonly Problem ModelGone = new("model-gone", 500, "The model version is not there any more",
        "The generation was accepted before a restart, and the model version it was promised has been removed since. Send the request again with a version that is served.");

    public static readonly Problem NoLongerValid = new("no-longer-valid", 500, "The request cannot be run after the restart",
        "The generation was accepted before a restart, and the service was started again with settings or in a version under which the request is not valid. The detail says why.");

    public static readonly Problem CrashedService = new("crashed-service", 500, "The service died each time that it ran this",
        "The generation survived restarts, and the service ended without warning several times in a row while it had it, so it is not tried again. Other generations are not held up by it. If the machine was switched off or the process killed from outside, ask for it again; else its log tells more.");

    public static readonly Problem QuotaExceeded = new("quota-exceeded", 429, "The quota is used up",
        "The caller has used the row-steps of this minute (pictures times steps, twice that with guidance), or has as many rows at work as it may. The members limit, used, unit and resetsAt say which; try again after the time in the header Retry-After. Without that header the request is larger than the limit itself.");

    public static readonly Problem UpgradeRequired = new("upgrade-required", 426, "This address speaks WebSocket",
        "Connect with a WebSocket client (RFC 6455). The same events can be had over plain HTTP as server-sent events.");

    public static readonly Problem TooManyStreams = new("too-many-streams", 429, "Too many streams are open",
        "Every stream of events holds a connection, so their number is limited, for all and for each client. End one that is not needed, or try again after the time in the header Retry-After; the generation itself goes on and loses nothing.");

    public static readonly Problem Internal = new("internal", 500, "The service failed",
        "Something went wrong that the request did not cause. The log of the service tells more under the trace id of the answer.");

    public static readonly Problem EngineError = new("engine-error", 500, "The generation failed",
        "The engine accepted the request and could not finish it. The detail says why; other requests are not affected.");

    public static readonly Problem NonFinite = new("non-finite", 500, "The model gave values that are not finite",
        "The network answered with NaN or infinity, so there is no picture. This points to a damaged or diverged model version; try another version or sampler.");

    public static readonly Problem OutOfMemory = new("gpu-out-of-memory", 503, "The device is out of memory",
        "One picture of the request did not fit into the device's memory even alone. Ask for a smaller model, or try again when less is running.");

    public static readonly Problem Overloaded = new("overloaded", 503, "The queue is full",
        "More rows are waiting than this service accepts, or more versions are being imported. Nothing was queued; try again after the time in the header Retry-After. The members 'queueDepth' and 'predictedWaitMs' tell how many generations are in progress and when all of them will be done.");

    public static readonly Problem Draining = new("draining", 503, "The service is stopping",
        "The service finishes what it has accepted and takes nothing new. Send the request to another instance, or again after the restart.");

    public static readonly Problem StoreUnavailable = new("store-unavailable", 503, "Nothing durable can be accepted now",
        "The records of durable generations cannot be written or read: the disk is full, the database is locked, or another service has the folder. Nothing was accepted; what was accepted before is not lost. Try again after the time in the header Retry-After, or use POST /generate without Prefer and Idempotency-Key.");

    public static readonly Problem DamagedDataset = new("damaged-dataset", 500, "The image set is damaged",
        "The files of the image set are not those that were imported. Delete the set and import it again.");

    public static readonly Problem ModelUnavailable = new("model-unavailable", 503, "The model could not be loaded",
        "The model version exists and could not be loaded, for example because its files are damaged. Ask for another version, or repair this one.");

    public static readonly Problem ModelLoading = new("model-loading", 503, "The model is not loaded yet",
        "The model exists, and it was not in memory in time: it loads slowly, or the memory for models is full of versions that are in use. Try again after the time in the header Retry-After.");

    public static readonly Problem DeadlineExceeded = new("deadline-exceeded", 504, "The deadline has passed",
        "The request was accepted with a deadline, and the device has since become so much slower that it cannot be kept. The generation was given up at the moment that was certain.");

    /// <summary>All of them, by status; the first of a status stands for it where nothing else is known.</summary>
    public static IReadOnlyList<Problem> All { get; } =
    [
        BadRequest, Validation, MalformedJson, DigestMismatch, Unauthorized, Forbidden, CrossSite, NotFound, UnknownModel, UnknownSampler, UnknownGeneration,
        UnknownTrainingJob, UnknownEvaluation, UnknownDataset, UnknownUpload, MethodNotAllowed, FormatUnavailable, Canceled, ConflictingState, GenerationFailed, FramesNotKept, IdempotencyInProgress, MismatchingOffset, DatasetExists, ResultExpired,
        VersionMismatch, TooLarge, UnsupportedMedia, RangeNotSatisfiable,
        CorruptUpload, UnusableSource, SamplerNotSupported, DeadlineInfeasible, IdempotencyKeyReused, UpgradeRequired, QuotaExceeded, TooManyStreams, Internal, EngineError, NonFinite, ModelGone, NoLongerValid, CrashedService, DamagedDataset,
        OutOfMemory, Overloaded, Draining, StoreUnavailable, ModelUnavailable, ModelLoading, DeadlineExceeded,
    ];

    /// <summary>Those that POST /generate can answer with.</summary>
    public static IReadOnlyList<Problem> OfGenerate { get; } =
    [
        Validation, MalformedJson, Unauthorized, Forbidden, CrossSite, UnknownModel, FormatUnavailable, Canceled, IdempotencyInProgress, TooLarge, UnsupportedMedia, SamplerNotSupported,
        DeadlineInfeasible, IdempotencyKeyReused, QuotaExceeded, TooManyStreams, Internal, EngineError, NonFinite, OutOfMemory, Overloaded, Draining, StoreUnavailable, ModelUnavailable,
        ModelLoading, DeadlineExceeded,
    ];

    /// <summary>What is added to those by pictures that begin at images or at earlier generations.</summary>
    public static IReadOnlyList<Problem> OfStarts { get; } = [BadRequest, UnknownGeneration, ConflictingState, ResultExpired, CorruptUpload];

    /// <summary>The problem of that slug, or null.</summary>
    public static Problem? Find(string slug) => All.FirstOrDefault(p => p.Slug == slug);

    /// <summary>The problem that stands for a bare status code.</summary>
    public static Problem OfStatus(int status) => All.FirstOrDefault(p => p.Status == status) ?? (status < 500 ? BadRequest : Internal);
}

namespace Diffusion.Inference.Jobs;

/// <summary>The wrong fields of a request, and the reason they add up to.</summary>
internal sealed class RequestErrors
{
    private readonly List<FieldError> errors = [];
    private bool unknownModel, invalid;

    public bool Any => errors.Count > 0;

    public void Invalid(string field, string message)
    {
        invalid = true;
        errors.Add(new FieldError(field, message));
    }

    public void Unsupported(string field, string message) => errors.Add(new FieldError(field, message));

    public void UnknownModel(string message)
    {
        unknownModel = true;
        errors.Add(new FieldError("model", message));
    }

    public GenerationRefusedException Refusal() => new(
        unknownModel ? RefusalReason.UnknownModel : invalid ? RefusalReason.Invalid : RefusalReason.Unsupported, errors);
}

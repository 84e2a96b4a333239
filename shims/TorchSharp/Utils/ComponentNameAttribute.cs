namespace TorchSharp.Utils;

/// <summary>The name under which a field is registered in its module, instead of the field's own.</summary>
[AttributeUsage(AttributeTargets.Field, AllowMultiple = false)]
public class ComponentNameAttribute : Attribute
{
    public string? Name { get; set; }
}

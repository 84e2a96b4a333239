using System.Runtime.CompilerServices;

namespace TorchSharp.Modules;

/// <summary>Parameters as keys: tensors compare by their elements otherwise.</summary>
internal sealed class ParameterIdentity : IEqualityComparer<Parameter>
{
    internal static readonly ParameterIdentity Instance = new();

    public bool Equals(Parameter? x, Parameter? y) => ReferenceEquals(x, y);
    public int GetHashCode(Parameter obj) => RuntimeHelpers.GetHashCode(obj);
}

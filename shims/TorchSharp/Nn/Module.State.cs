using System.Reflection;
using TorchSharp.Modules;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            /// <summary>All parameters, then all persistent buffers: the live tensors themselves, not copies.</summary>
            public virtual Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
            {
                destination ??= [];
                var start = string.IsNullOrEmpty(prefix) ? "" : prefix + ".";
                foreach (var (name, parameter) in named_parameters()) destination.TryAdd(start + name, parameter);
                foreach (var (name, buffer) in named_buffers()) destination.TryAdd(start + name, buffer);
                return destination;
            }

            /// <summary>Copies the numbers in, converting type and device.</summary>
            /// <exception cref="InvalidOperationException">strict, and a name is missing or not expected</exception>
            public virtual (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(Dictionary<string, Tensor> source, bool strict = true, IList<string>? skip = null)
            {
                var destination = state_dict();
                var unexpected = source.Keys.Where(key => !Skipped(key) && !destination.ContainsKey(key)).ToList();
                var missing = destination.Keys.Where(key => !Skipped(key) && !source.ContainsKey(key)).ToList();
                if (strict && (missing.Count > 0 || unexpected.Count > 0))
                    throw new InvalidOperationException($"The loaded state_dict is not identical to the target dictionary: missing [{string.Join(", ", missing)}], unexpected [{string.Join(", ", unexpected)}]");
                using var mode = no_grad();
                foreach (var (key, tensor) in source)
                {
                    if (Skipped(key) || !destination.TryGetValue(key, out var target)) continue;
                    if (!tensor.shape.AsSpan().SequenceEqual(target.shape))
                        throw new ArgumentException($"'{key}' is {tensor}, but {target} was expected", nameof(source));
                    target.copy_(tensor);
                }
                return (missing, unexpected);

                bool Skipped(string key) => skip?.Contains(key) == true;
            }

            protected internal virtual Module _to(ScalarType dtype, bool non_blocking)
            {
                _toEpilog(dtype, null, non_blocking);
                return this;
            }

            protected internal virtual Module _to(Device device, ScalarType dtype, bool non_blocking)
            {
                _toEpilog(dtype, device, non_blocking);
                return this;
            }

            protected internal virtual Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking)
            {
                _toEpilog(null, new Device(deviceType, deviceIndex), non_blocking);
                return this;
            }

            /// <summary>Replaces what must change: a moved parameter is a new object, so optimizers are made after moving.</summary>
            protected virtual void _toEpilog(ScalarType? dtype, Device? device, bool non_blocking)
            {
                foreach (var child in children())
                {
                    if (dtype is { } t && device is not null) child._to(device, t, non_blocking);
                    else if (dtype is { } type) child._to(type, non_blocking);
                    else if (device is not null) child._to(device.type, device.index, non_blocking);
                }
                foreach (var (name, parameter) in _parametersByName.Items.ToList())
                {
                    if (!Moves(parameter, dtype, device)) continue;
                    using var mode = no_grad();
                    var moved = new Parameter(To(parameter, dtype, device, non_blocking), parameter.requires_grad);
                    moved.DetachFromDisposeScope();
                    using (var gradient = parameter.grad)
                        if (gradient is not null)
                        {
                            using var movedGradient = To(gradient, dtype, device, non_blocking);
                            moved.grad = movedGradient;
                        }
                    Replaced(name, moved);
                    _parametersByName.Set(name, moved);
                    parameter.Dispose();
                }
                foreach (var (name, buffer) in _buffersByName.Items.ToList())
                {
                    var type = buffer.Tensor.is_floating_point() ? dtype : null;
                    if (!buffer.Persistent || !Moves(buffer.Tensor, type, device)) continue;
                    using var mode = no_grad();
                    var moved = To(buffer.Tensor, type, device, non_blocking).DetachFromDisposeScope();
                    Replaced(name, moved);
                    _buffersByName.Set(name, (moved, true));
                    buffer.Tensor.Dispose();
                }
            }

            private static bool Moves(Tensor tensor, ScalarType? dtype, Device? device) =>
                dtype is { } t && t != tensor.dtype
                || device is not null && (device.type != tensor.device_type || device.index >= 0 && device.index != tensor.device_index && tensor.device_type != DeviceType.CPU);

            private static Tensor To(Tensor tensor, ScalarType? dtype, Device? device, bool nonBlocking) =>
                tensor.to(dtype ?? tensor.dtype, device ?? tensor.device, non_blocking: nonBlocking);

            /// <summary>A component has a new tensor: the field that held the old one must follow.</summary>
            private protected virtual void Replaced(string name, Tensor moved)
            {
                foreach (var field in GetType().GetFields(Fields))
                    if (NameOf(field) == name && field.GetValue(this) is Tensor) field.SetValue(this, moved);
            }

            private static string NameOf(FieldInfo field) => field.GetCustomAttribute<ComponentNameAttribute>()?.Name ?? field.Name;
        }
    }
}

/// <summary>Moves modules, in place, and answers them with their own type.</summary>
public static class ModuleExtensionMethods
{
    public static T to<T>(this T module, torch.ScalarType type, bool non_blocking = false) where T : torch.nn.Module => (T)module._to(type, non_blocking);
    public static T to<T>(this T module, torch.Device device, torch.ScalarType type, bool non_blocking = false) where T : torch.nn.Module => (T)module._to(device, type, non_blocking);
    public static T to<T>(this T module, torch.Device device, bool non_blocking = false) where T : torch.nn.Module => (T)module._to(device.type, device.index, non_blocking);
    public static T to<T>(this T module, DeviceType deviceType, int deviceIndex = -1, bool non_blocking = false) where T : torch.nn.Module => (T)module._to(deviceType, deviceIndex, non_blocking);
    public static T to<T>(this T module, string device, bool non_blocking = false) where T : torch.nn.Module => module.to(new torch.Device(device), non_blocking);
    public static T cpu<T>(this T module, bool non_blocking = false) where T : torch.nn.Module => module.to(DeviceType.CPU, -1, non_blocking);
    public static T cuda<T>(this T module, int deviceIndex = -1, bool non_blocking = false) where T : torch.nn.Module => module.to(DeviceType.CUDA, deviceIndex, non_blocking);
    public static T half<T>(this T module, bool non_blocking = false) where T : torch.nn.Module => module.to(torch.ScalarType.Float16, non_blocking);
    public static T bfloat16<T>(this T module, bool non_blocking = false) where T : torch.nn.Module => module.to(torch.ScalarType.BFloat16, non_blocking);
    public static T @float<T>(this T module, bool non_blocking = false) where T : torch.nn.Module => module.to(torch.ScalarType.Float32, non_blocking);
    public static T @double<T>(this T module, bool non_blocking = false) where T : torch.nn.Module => module.to(torch.ScalarType.Float64, non_blocking);
}

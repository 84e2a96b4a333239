using TorchSharp.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static class utils
        {
            /// <summary>Scales all gradients so that their common norm is at most max_norm, and answers the norm before.</summary>
            public static double clip_grad_norm_(IEnumerable<Parameter> tensors, double max_norm, double norm_type = 2)
            {
                using var mode = no_grad();
                using var scope = NewDisposeScope();
                var gradients = tensors.Select(t => t.grad).OfType<Tensor>().ToArray();
                if (gradients.Length == 0) return 0;
                var norms = Array.ConvertAll(gradients, g => Ops.norm_Scalar.Call(g, norm_type));
                using var total = Ops.norm_Scalar.Call(Ops.stack.Call(norms, 0L), norm_type).to(float64);
                var norm = total.item<double>();
                var scale = max_norm / (norm + 1e-6);
                if (scale < 1)
                    foreach (var gradient in gradients) Ops.mul__Scalar.Apply(gradient, scale);
                return norm;
            }

            public static void clip_grad_value_(IEnumerable<Parameter> tensors, double clip_value)
            {
                using var mode = no_grad();
                using var scope = NewDisposeScope();
                foreach (var tensor in tensors)
                    if (tensor.grad is { } gradient) Ops.clamp_.Apply(gradient, -clip_value, clip_value);
            }
        }
    }
}

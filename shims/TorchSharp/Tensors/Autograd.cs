using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static unsafe class autograd
    {
        public static void backward(IList<Tensor> tensors, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null)
        {
            RequirePairs(tensors, grad_tensors);
            fixed (IntPtr* roots = Handles(tensors), seeds = Handles(grad_tensors), leaves = Handles(inputs))
            {
                var code = Native.dt_backward(roots, seeds, tensors.Count, retain_graph ?? create_graph ? 1 : 0, create_graph ? 1 : 0, leaves, inputs?.Count ?? 0);
                KeepAlive(tensors);
                KeepAlive(grad_tensors);
                KeepAlive(inputs);
                Native.Check(code);
            }
        }

        public static void backward(Tensor tensor, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null) =>
            backward([tensor], grad_tensors, retain_graph, create_graph, inputs);

        public static IList<Tensor> grad(IList<Tensor> outputs, IList<Tensor> inputs, IList<Tensor>? grad_outputs = null, bool retain_graph = false, bool create_graph = false, bool allow_unused = false)
        {
            RequirePairs(outputs, grad_outputs);
            var results = stackalloc IntPtr[inputs.Count];
            fixed (IntPtr* roots = Handles(outputs), seeds = Handles(grad_outputs), leaves = Handles(inputs))
            {
                var code = Native.dt_grad(roots, seeds, outputs.Count, leaves, inputs.Count, retain_graph ? 1 : 0, create_graph ? 1 : 0, allow_unused ? 1 : 0, results);
                KeepAlive(outputs);
                KeepAlive(grad_outputs);
                KeepAlive(inputs);
                Native.Check(code);
            }
            var gradients = new Tensor[inputs.Count];
            for (var k = 0; k < gradients.Length; k++) gradients[k] = results[k] == IntPtr.Zero ? null! : new Tensor(results[k]);
            return gradients;
        }

        private static void RequirePairs(IList<Tensor> roots, IList<Tensor>? seeds)
        {
            if (seeds is not null && seeds.Count != roots.Count)
                throw new ArgumentException($"{seeds.Count} gradients for {roots.Count} tensors");
        }

        private static IntPtr[]? Handles(IList<Tensor>? tensors)
        {
            if (tensors is null) return null;
            var handles = new IntPtr[tensors.Count];
            for (var k = 0; k < handles.Length; k++) handles[k] = tensors[k] is { } tensor ? tensor.Handle : IntPtr.Zero;
            return handles;
        }

        private static void KeepAlive(IList<Tensor>? tensors)
        {
            for (var k = 0; k < tensors?.Count; k++) GC.KeepAlive(tensors[k]);
        }
    }

    public static bool is_grad_enabled() => Native.dt_grad_mode() != 0;
    public static bool is_inference_mode_enabled() => Native.dt_inference_mode() != 0;

    public static IDisposable no_grad() => new GradMode(false);
    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);
    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);
    public static IDisposable inference_mode(bool mode = true) => new InferenceMode(mode);

    /// <summary>Holds this thread's grad mode until it is disposed, which must happen on the same thread.</summary>
    private sealed class GradMode : IDisposable
    {
        private readonly bool _before = is_grad_enabled();
        private bool _left;

        internal GradMode(bool on) => Native.dt_set_grad_mode(on ? 1 : 0);

        public void Dispose()
        {
            if (_left) return;
            _left = true;
            Native.dt_set_grad_mode(_before ? 1 : 0);
        }
    }

    private sealed class InferenceMode(bool on) : IDisposable
    {
        private IntPtr _guard = Native.dt_enter_inference_mode(on ? 1 : 0);

        public void Dispose()
        {
            var guard = Interlocked.Exchange(ref _guard, IntPtr.Zero);
            if (guard != IntPtr.Zero) Native.dt_leave_inference_mode(guard);
        }
    }
}

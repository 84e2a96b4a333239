using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public bool requires_grad
        {
            get
            {
                var yes = Native.dt_requires_grad(Handle) != 0;
                GC.KeepAlive(this);
                return yes;
            }
            set
            {
                var code = Native.dt_set_requires_grad(Handle, value ? 1 : 0);
                GC.KeepAlive(this);
                Native.Check(code);
            }
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        public bool is_leaf
        {
            get
            {
                var yes = Native.dt_is_leaf(Handle) != 0;
                GC.KeepAlive(this);
                return yes;
            }
        }

        /// <summary>The gathered gradient, in a new object at each call, or null. It shares the native tensor.</summary>
        public unsafe Tensor? grad
        {
            get
            {
                IntPtr gradient;
                var code = Native.dt_get_gradient(Handle, &gradient);
                GC.KeepAlive(this);
                Native.Check(code);
                return gradient == IntPtr.Zero ? null : new Tensor(gradient);
            }
            set
            {
                var code = Native.dt_set_gradient(Handle, value is null ? IntPtr.Zero : value.Handle);
                GC.KeepAlive(this);
                GC.KeepAlive(value);
                Native.Check(code);
            }
        }

        public void retain_grad()
        {
            var code = Native.dt_retain_gradient(Handle);
            GC.KeepAlive(this);
            Native.Check(code);
        }

        public void backward() => autograd.backward([this]);

        public void backward(IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null) =>
            autograd.backward([this], grad_tensors, retain_graph, create_graph, inputs);
    }
}

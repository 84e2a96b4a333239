using TorchSharp.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            public static Tensor silu(Tensor x, bool inplace = false) => inplace ? Ops.silu_.Apply(x) : Ops.silu.Call(x);
            public static Tensor SiLU(Tensor x, bool inplace = false) => silu(x, inplace);
            public static Tensor relu(Tensor x, bool inplace = false) => inplace ? Ops.relu_.Apply(x) : Ops.relu.Call(x);
            public static Tensor sigmoid(Tensor x, bool inplace) => inplace ? Ops.sigmoid_.Apply(x) : Ops.sigmoid.Call(x);
            public static Tensor sigmoid(Tensor x) => Ops.sigmoid.Call(x);
            public static Tensor tanh(Tensor x, bool inplace = false) => inplace ? Ops.tanh_.Apply(x) : Ops.tanh.Call(x);
            public static Tensor softplus(Tensor x, double beta = 1, double threshold = 20) => Ops.softplus.Call(x, beta, threshold);
            public static Tensor gelu(Tensor x) => Ops.gelu.Call(x);
            public static Tensor gelu(Tensor x, bool inplace) => inplace ? Ops.gelu_.Apply(x) : Ops.gelu.Call(x);

            public static Tensor gelu(Tensor x, GELU.Approximate approximate, bool inplace = false)
            {
                var name = approximate == Modules.GELU.Approximate.tanh ? "tanh" : "none";
                return inplace ? Ops.gelu_.Apply(x, name) : Ops.gelu.Call(x, name);
            }

            public static Tensor leaky_relu(Tensor input, double negative_slope = 0.01, bool inplace = false) =>
                inplace ? Ops.leaky_relu_.Apply(input, negative_slope) : Ops.leaky_relu.Call(input, negative_slope);

            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => Ops.softmax_int.Call(input, dim, dtype);
            public static Tensor log_softmax(Tensor x, long dim) => Ops.log_softmax_int.Call(x, dim);
        }
    }
}

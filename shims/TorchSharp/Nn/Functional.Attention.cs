using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            /// <summary>softmax(Q K^T / sqrt(E)) V over the last two dimensions, [..., L, E].</summary>
            public static Tensor scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask = null, double p = 0, bool is_casual = false)
            {
                if (is_casual && attn_mask is not null)
                    throw new ArgumentException("Casual attention masking cannot pass a mask.");
                using var scope = NewDisposeScope();
                var scaled = Ops.mul_Scalar.Call(query, 1 / Math.Sqrt(query.size(-1)));
                var scores = Ops.matmul.Call(scaled, key.transpose(-2, -1));
                if (is_casual)
                    attn_mask = Ops.ones.Call((long[])[query.size(-2), key.size(-2)], ScalarType.Bool, Arg.None, query.device).tril();
                if (attn_mask is not null)
                    scores = attn_mask.dtype == ScalarType.Bool
                        ? scores.masked_fill(attn_mask.logical_not(), double.NegativeInfinity)
                        : scores.add(attn_mask);
                var weights = Ops.softmax_int.Call(scores, -1L);
                if (p > 0) weights = Ops.dropout.Call(weights, p, true);
                return Ops.matmul.Call(weights, value).MoveToOuterDisposeScope();
            }
        }
    }
}

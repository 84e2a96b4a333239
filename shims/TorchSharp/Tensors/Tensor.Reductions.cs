using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor sum(ScalarType? type = null) => Ops.sum.Call(this, type);
        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => sum([dim], keepdim, type);
        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => Ops.sum_dim_IntList.Call(this, dim, keepdim, type);
        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null) => Ops.sum_dim_IntList.Call(this, dim.ToArray(), keepdim, type);
        public Tensor sum(long dim0, long dim1, bool keepdim = false, ScalarType? type = null) => Ops.sum_dim_IntList.Call(this, (long[])[dim0, dim1], keepdim, type);
        public Tensor sum(long dim0, long dim1, long dim2, bool keepdim = false, ScalarType? type = null) => Ops.sum_dim_IntList.Call(this, (long[])[dim0, dim1, dim2], keepdim, type);

        public Tensor mean() => Ops.mean.Call(this);
        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) => Ops.mean_dim.Call(this, dimensions, keepdim, type);
        public Tensor prod(ScalarType? type = null) => Ops.prod.Call(this, type);
        public Tensor prod(long dim, bool keepdim = false, ScalarType? type = null) => Ops.prod_dim_int.Call(this, dim, keepdim, type);

        public Tensor std(bool unbiased = true) => Ops.std.Call(this, unbiased);
        public Tensor std(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => As(type).Reduce(Ops.std_dim, dimensions, unbiased, keepdim);
        public Tensor std(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => std(dimensions.ToArray(), unbiased, keepdim, type);
        public Tensor std(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => std([dim], unbiased, keepdim, type);
        public Tensor var(bool unbiased = true) => Ops.var.Call(this, unbiased);
        public Tensor var(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => As(type).Reduce(Ops.var_dim, dimensions, unbiased, keepdim);
        public Tensor var(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => var(dimensions.ToArray(), unbiased, keepdim, type);
        public Tensor var(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => var([dim], unbiased, keepdim, type);

        private Tensor As(ScalarType? type) => type is { } t ? to(t) : this;
        private Tensor Reduce(Op op, long[] dimensions, bool unbiased, bool keepdim) => op.Call(this, dimensions, unbiased, keepdim);

        public Tensor max() => Ops.max.Call(this);
        public Tensor max(Tensor other) => Ops.max_other.Call(this, other);
        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => Ops.max_dim.Call2(this, dim, keepdim);
        public Tensor min() => Ops.min.Call(this);
        public Tensor min(Tensor other) => Ops.min_other.Call(this, other);
        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) => Ops.min_dim.Call2(this, dim, keepdim);
        public Tensor amax(params long[] dims) => Ops.amax.Call(this, dims);
        public Tensor amax(long[] dims, bool keepdim = false, Tensor? @out = null) => @out is null ? Ops.amax.Call(this, dims, keepdim) : Ops.amax_out.Call(this, dims, keepdim, @out);
        public Tensor amin(params long[] dims) => Ops.amin.Call(this, dims);
        public Tensor amin(long[] dims, bool keepdim = false, Tensor? @out = null) => @out is null ? Ops.amin.Call(this, dims, keepdim) : Ops.amin_out.Call(this, dims, keepdim, @out);
        public Tensor argmax() => Ops.argmax.Call(this);
        public Tensor argmax(long dim, bool keepdim = false) => Ops.argmax.Call(this, dim, keepdim);
        public Tensor argmin() => Ops.argmin.Call(this);
        public Tensor argmin(long dim, bool keepdim = false) => Ops.argmin.Call(this, dim, keepdim);

        public Tensor all() => Ops.all.Call(this);
        public Tensor all(long dim, bool keepdim = false) => Ops.all_dim.Call(this, dim, keepdim);
        public Tensor any() => Ops.any.Call(this);
        public Tensor any(long dim, bool keepdim = false) => Ops.any_dim.Call(this, dim, keepdim);

        public Tensor norm(float p = 2) => Ops.norm_Scalar.Call(this, (double)p);
        public Tensor norm(int dim, bool keepdim = false, float p = 2) => Ops.norm_ScalarOpt_dim.Call(this, (double)p, (long[])[dim], keepdim);

        public Tensor cumsum(long dim, ScalarType? type = null) => Ops.cumsum.Call(this, dim, type);
        public Tensor cumprod(long dim, ScalarType? type = null) => Ops.cumprod.Call(this, dim, type);
        public Tensor logsumexp(long dim, bool keepdim = false) => Ops.logsumexp.Call(this, (long[])[dim], keepdim);
        public Tensor quantile(Tensor q, long dim = -1, bool keepdim = false) => Ops.quantile.Call(this, q, dim, keepdim);
        public Tensor median() => Ops.median.Call(this);
        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false) => Ops.sort_stable.Call2(this, stable, dim, descending);
        public Tensor argsort(long dim = -1, bool descending = false) => Ops.argsort.Call(this, dim, descending);
        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) => Ops.topk.Call2(this, (long)k, (long)dim, largest, sorted);
        public Tensor bincount(Tensor? weights, long minlength = 0) => Ops.bincount.Call(this, weights, minlength);
        public Tensor nonzero() => Ops.nonzero.Call(this);

        public Tensor softmax(long dim, ScalarType? dtype = null) => Ops.softmax_int.Call(this, dim, dtype);
        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Ops.log_softmax_int.Call(this, dim, dtype);
    }
}

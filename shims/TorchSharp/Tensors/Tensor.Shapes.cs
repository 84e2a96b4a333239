using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor view(params long[] shape) => Ops.view.Call(this, shape);
        public Tensor view_as(Tensor other) => Ops.view.Call(this, other.shape);
        public Tensor reshape(params long[] shape) => Ops.reshape.Call(this, shape);
        public Tensor flatten(long start_dim = 0, long end_dim = -1) => Ops.flatten_using_ints.Call(this, start_dim, end_dim);
        public Tensor unflatten(long dim, params long[] sizes) => Ops.unflatten_int.Call(this, dim, sizes);
        public Tensor permute(params long[] permutation) => Ops.permute.Call(this, permutation);
        public Tensor permute(IEnumerable<long> permutation) => Ops.permute.Call(this, permutation.ToArray());
        public Tensor transpose(long dim0, long dim1) => Ops.transpose_int.Call(this, dim0, dim1);
        public Tensor swapaxes(long dim0, long dim1) => transpose(dim0, dim1);
        public Tensor t() => Ops.t.Call(this);
        public Tensor T => Ops.numpy_T.Call(this);
        public Tensor mT => Ops.mT.Call(this);
        public Tensor movedim(long[] source, long[] destination) => Ops.movedim_intlist.Call(this, source, destination);
        public Tensor unsqueeze(long dim) => Ops.unsqueeze.Call(this, dim);
        public Tensor unsqueeze_(long dim) => Ops.unsqueeze_.Apply(this, dim);
        public Tensor squeeze(long? dim = null) => dim is { } d ? Ops.squeeze_dim.Call(this, d) : Ops.squeeze.Call(this);
        public Tensor expand(params long[] sizes) => Ops.expand.Call(this, sizes);
        public Tensor expand(long[] sizes, bool isImplicit = false) => Ops.expand.Call(this, sizes, isImplicit);
        public Tensor expand(ReadOnlySpan<long> sizes, bool isImplicit = false) => Ops.expand.Call(this, sizes.ToArray(), isImplicit);
        public Tensor expand_as(Tensor other) => Ops.expand.Call(this, other.shape);
        public Tensor broadcast_to(params long[] shape) => Ops.expand.Call(this, shape);
        public Tensor repeat(params long[] sizes) => Ops.repeat.Call(this, sizes);
        public Tensor tile(long[] reps) => Ops.tile.Call(this, reps);

        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null) =>
            Ops.repeat_interleave_self_int.Call(this, repeats, dim, output_size);

        public Tensor repeat_interleave(Tensor repeats, long? dim = null, long? output_size = null) =>
            Ops.repeat_interleave_self_Tensor.Call(this, repeats, dim, output_size);

        public Tensor flip(params long[] dims) => Ops.flip.Call(this, dims);
        public Tensor roll(long shifts, long? dims = null) => Ops.roll.Call(this, (long[])[shifts], dims is { } d ? (long[])[d] : []);
        public Tensor roll(long[] shifts, long[] dims) => Ops.roll.Call(this, shifts, dims);
        public Tensor contiguous() => Ops.contiguous.Call(this);
        public Tensor as_strided(long[] size, long[] strides, long storageOffset = 0) => Ops.as_strided.Call(this, size, strides, storageOffset);
        public Tensor unfold(long dimension, long size, long step) => Ops.unfold.Call(this, dimension, size, step);
        public Tensor diagonal(long offset = 0, long dim1 = 0, long dim2 = 1) => Ops.diagonal.Call(this, offset, dim1, dim2);

        public Tensor[] chunk(long chunks, long dim = 0) => Ops.chunk.CallList(this, chunks, dim);
        public Tensor[] split(long size, int dim = 0) => Ops.split_Tensor.CallList(this, size, (long)dim);
        public Tensor[] split(long[] sizes, long dim = 0) => Ops.split_with_sizes.CallList(this, sizes, dim);
        public Tensor[] split(ReadOnlySpan<long> sizes, long dim = 0) => Ops.split_with_sizes.CallList(this, sizes.ToArray(), dim);
        public Tensor[] unbind(long dimension = 0) => Ops.unbind_int.CallList(this, dimension);

        public Tensor select(long dim, long index) => Ops.select_int.Call(this, dim, index);
        public Tensor narrow(long dim, long start, long length) => Ops.narrow.Call(this, dim, start, length);
        public Tensor slice(long dim, long start, long finish, long step) => Ops.slice_Tensor.Call(this, dim, start, finish, step);
        public Tensor index_select(long dim, Tensor index) => Ops.index_select.Call(this, dim, index);
        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) => Ops.index_add.Call(this, dim, index, source, alpha);
        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) => Ops.index_add_.Apply(this, dim, index, source, alpha);
        public Tensor index_copy(long dim, Tensor index, Tensor source) => Ops.index_copy.Call(this, dim, index, source);
        public Tensor index_copy_(long dim, Tensor index, Tensor source) => Ops.index_copy_.Apply(this, dim, index, source);
        public Tensor index_fill_(long dim, Tensor index, Scalar value) => Ops.index_fill__int_Scalar.Apply(this, dim, index, value);
        public Tensor gather(long dim, Tensor index) => Ops.gather.Call(this, dim, index);
        public Tensor scatter(long dim, Tensor index, Tensor src) => Ops.scatter_src.Call(this, dim, index, src);
        public Tensor scatter_(long dim, Tensor index, Tensor src) => Ops.scatter__src.Apply(this, dim, index, src);
        public Tensor scatter_add(long dim, Tensor index, Tensor src) => Ops.scatter_add.Call(this, dim, index, src);
        public Tensor scatter_add_(long dim, Tensor index, Tensor src) => Ops.scatter_add_.Apply(this, dim, index, src);
        public Tensor masked_select(Tensor mask) => Ops.masked_select.Call(this, mask);
        public Tensor take(Tensor index) => Ops.take.Call(this, index);

        public Tensor detach() => Ops.detach.Call(this);
        public Tensor detach_() => Ops.detach_.Apply(this);
        public Tensor clone() => Ops.clone.Call(this);
        public Tensor alias() => Ops.alias.Call(this);
    }
}

using System.Runtime.CompilerServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1]
        {
            get => index(i1);
            set => index_put_(value, i1);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2]
        {
            get => index(i1, i2);
            set => index_put_(value, i1, i2);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3]
        {
            get => index(i1, i2, i3);
            set => index_put_(value, i1, i2, i3);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4]
        {
            get => index(i1, i2, i3, i4);
            set => index_put_(value, i1, i2, i3, i4);
        }

        public Tensor index(params Tensor[] indices) => Ops.index_Tensor.Call(this, Arg.Optional(indices));

        public Tensor index(params TensorIndex[] indices)
        {
            var (view, advanced, owned) = View(indices);
            if (advanced is null) return owned ? view : view.alias();
            try
            {
                return Ops.index_Tensor.Call(view, Arg.Optional(advanced));
            }
            finally
            {
                if (owned) view.Dispose();
            }
        }

        public Tensor index_put_(Tensor value, params Tensor[] indices) => Ops.index_put_.Apply(this, Arg.Optional(indices), value);
        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false) => Ops.index_put_.Apply(this, Arg.Optional(indices), value, accumulate);
        public Tensor index_put_(Tensor value, params TensorIndex[] indices) => index_put_(value, indices, false);

        public Tensor index_put_(Tensor value, TensorIndex[] indices, bool accumulate = false)
        {
            var (view, advanced, owned) = View(indices);
            try
            {
                if (advanced is not null) Ops.index_put_.Apply(view, Arg.Optional(advanced), value, accumulate);
                else if (accumulate) view.add_(value);
                else view.copy_(value);
            }
            finally
            {
                if (owned) view.Dispose();
            }
            return this;
        }

        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            using var number = Ops.full.Call(Array.Empty<long>(), value, dtype, Arg.None, device);
            return index_put_(number, indices, false);
        }

        // Numbers, slices, None and Ellipsis are views; masks and index tensors are left to one advanced index over them.
        private (Tensor View, Tensor?[]? Advanced, bool Owned) View(TensorIndex[] indices)
        {
            var taken = 0L;
            foreach (var index in indices)
                taken += index.Kind switch
                {
                    TensorIndex.Kinds.Single or TensorIndex.Kinds.Slice => 1,
                    TensorIndex.Kinds.Tensor => index.Mask!.dtype == ScalarType.Bool ? index.Mask.ndim : 1,
                    _ => 0,
                };
            var view = this;
            var dimension = 0L;
            List<Tensor?>? advanced = null;
            foreach (var index in indices)
            {
                switch (index.Kind)
                {
                    case TensorIndex.Kinds.Single:
                        Step(Ops.select_int.Call(view, dimension, index.Start!.Value));
                        break;
                    case TensorIndex.Kinds.Slice:
                        if (index.Start is not null || index.Stop is not null || index.Step is not null)
                            Step(Ops.slice_Tensor.Call(view, dimension, index.Start, index.Stop, index.Step ?? 1));
                        dimension++;
                        break;
                    case TensorIndex.Kinds.None:
                        Step(view.unsqueeze(dimension++));
                        break;
                    case TensorIndex.Kinds.Ellipsis:
                        dimension += ndim - taken;
                        break;
                    case TensorIndex.Kinds.Bool:
                        Step(view.unsqueeze(dimension));
                        Advance(tensor(index.Start != 0).unsqueeze(0));
                        break;
                    case TensorIndex.Kinds.Tensor:
                        Advance(index.Mask!);
                        break;
                }
            }
            return (view, advanced?.ToArray(), !ReferenceEquals(view, this));

            void Step(Tensor next)
            {
                if (!ReferenceEquals(view, this)) view.Dispose();
                view = next;
            }

            void Advance(Tensor index)
            {
                advanced ??= [];
                while (advanced.Count < dimension) advanced.Add(null);
                advanced.Add(index);
                dimension += index.dtype == ScalarType.Bool ? index.ndim : 1;
            }
        }
    }
}

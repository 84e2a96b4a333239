namespace TorchSharp;

public static partial class torch
{
    /// <summary>One index of a tensor's indexer.</summary>
    public struct TensorIndex
    {
        internal enum Kinds { None, Single, Slice, Ellipsis, Tensor, Bool }

        internal Kinds Kind;
        internal long? Start, Stop, Step;
        internal Tensor? Mask;

        public static TensorIndex None = new() { Kind = Kinds.None };
        public static TensorIndex Null = new() { Kind = Kinds.None };
        public static TensorIndex Ellipsis = new() { Kind = Kinds.Ellipsis };
        public static TensorIndex Colon = new() { Kind = Kinds.Slice };

        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) =>
            new() { Kind = Kinds.Slice, Start = start, Stop = stop, Step = step };

        public static TensorIndex Slice(Range range) => range;

        public static TensorIndex Single(long? index) =>
            index is null ? None : new() { Kind = Kinds.Single, Start = index };

        public static TensorIndex Bool(bool value) => new() { Kind = Kinds.Bool, Start = value ? 1 : 0 };
        public static TensorIndex Tensor(Tensor tensor) => new() { Kind = Kinds.Tensor, Mask = tensor };

        public static implicit operator TensorIndex(long value) => Single(value);

        public static implicit operator TensorIndex(Index index) => Single(index.IsFromEnd ? -index.Value : index.Value);

        public static implicit operator TensorIndex(Range range) => Slice(
            range.Start.IsFromEnd ? -range.Start.Value : range.Start.Value,
            !range.End.IsFromEnd ? range.End.Value : range.End.Value == 0 ? null : -range.End.Value);
    }
}

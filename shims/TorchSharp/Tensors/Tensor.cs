using System.Globalization;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A tensor of libtorch. <see cref="Handle"/> points to a heap at::Tensor, as in the package.</summary>
    public partial class Tensor : IDisposable
    {
        private static long s_total;
        private static long s_peak;

        private IntPtr _handle;

        internal Tensor(IntPtr handle)
        {
            _handle = handle;
            var total = Interlocked.Increment(ref s_total);
            // a peak a little too low under a race is fine for a counter of leaks
            if (total > Volatile.Read(ref s_peak)) Volatile.Write(ref s_peak, total);
            DisposeScopeManager.OfThread.Register(this);
        }

        internal DisposeScope? OwningScope;
        internal Tensor? PreviousInScope;
        internal Tensor? NextInScope;

        ~Tensor() => Dispose(false);

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            var handle = Interlocked.Exchange(ref _handle, IntPtr.Zero);
            if (handle == IntPtr.Zero) return;
            Interlocked.Decrement(ref s_total);
            if (disposing)
            {
                if (OwningScope is { } scope) scope.MarkAsDisposed(this);
                else DisposeScopeManager.OfThread.Tensors.DisposedOutsideScopeCount++;
            }
            Native.dt_free(handle);
        }

        /// <summary>Takes the native tensor away: this object is invalid from now on and its caller owns the handle.</summary>
        public IntPtr DecoupleFromNativeHandle()
        {
            GC.SuppressFinalize(this);
            var handle = Interlocked.Exchange(ref _handle, IntPtr.Zero);
            if (handle == IntPtr.Zero) return handle;
            Interlocked.Decrement(ref s_total);
            if (OwningScope is { } scope) scope.MarkAsDisposed(this);
            else DisposeScopeManager.OfThread.Tensors.DisposedOutsideScopeCount++;
            return handle;
        }

        /// <summary>Takes over a native tensor: the new object frees it.</summary>
        public static Tensor UnsafeCreateTensor(IntPtr handle) => new(handle);

        /// <summary>How many live tensor objects the process has.</summary>
        public static long TotalCount => Interlocked.Read(ref s_total);

        public static long PeakCount => Interlocked.Read(ref s_peak);

        public bool IsInvalid => _handle == IntPtr.Zero;

        /// <exception cref="InvalidOperationException">the tensor was disposed</exception>
        public IntPtr Handle => _handle != IntPtr.Zero ? _handle : throw new InvalidOperationException("Tensor invalid -- empty handle.");

        public long ndim
        {
            get
            {
                var n = Native.dt_ndim(Handle);
                GC.KeepAlive(this);
                return n;
            }
        }

        public long Dimensions => ndim;
        public long dim() => ndim;

        public long NumberOfElements
        {
            get
            {
                var n = Native.dt_numel(Handle);
                GC.KeepAlive(this);
                return n;
            }
        }

        public long numel() => NumberOfElements;

        public long ElementSize
        {
            get
            {
                var n = Native.dt_element_size(Handle);
                GC.KeepAlive(this);
                return n;
            }
        }

        public long element_size() => ElementSize;

        public ScalarType dtype
        {
            get
            {
                var type = (ScalarType)Native.dt_dtype(Handle);
                GC.KeepAlive(this);
                return type;
            }
        }

        public unsafe Device device
        {
            get
            {
                int type, index;
                Native.dt_device(Handle, &type, &index);
                GC.KeepAlive(this);
                return type == (int)DeviceType.CPU ? CPU : new Device((DeviceType)type, index);
            }
        }

        public DeviceType device_type => device.type;
        public int device_index => device.index;
        public bool is_cuda => device_type == DeviceType.CUDA;
        public bool is_cpu() => device_type == DeviceType.CPU;

        public long[] shape => Geometry().Sizes;
        public long[] size() => shape;
        public long size(int dim) => shape[Wrap(dim)];
        public long[] stride() => Geometry().Strides;
        public long stride(int dim) => stride()[Wrap(dim)];

        private int Wrap(int dim)
        {
            var n = (int)ndim;
            if (dim < -n || dim >= n)
                throw new IndexOutOfRangeException(string.Create(CultureInfo.InvariantCulture, $"dimension {dim} of a tensor with {n}"));
            return dim < 0 ? dim + n : dim;
        }

        private unsafe (long[] Sizes, long[] Strides) Geometry()
        {
            var n = (int)ndim;
            var both = stackalloc long[2 * n];
            Native.dt_geometry(Handle, both);
            GC.KeepAlive(this);
            return (new Span<long>(both, n).ToArray(), new Span<long>(both + n, n).ToArray());
        }

        public bool is_contiguous()
        {
            var yes = Native.dt_is_contiguous(Handle) != 0;
            GC.KeepAlive(this);
            return yes;
        }

        public long storage_offset()
        {
            var offset = Native.dt_storage_offset(Handle);
            GC.KeepAlive(this);
            return offset;
        }

        public bool is_floating_point() => torch.is_floating_point(dtype);
        public bool is_integral() => torch.is_integral(dtype);

        public Tensor MoveToOuterDisposeScope()
        {
            OwningScope?.MoveToOuter(this);
            return this;
        }

        public Tensor DetachFromDisposeScope()
        {
            OwningScope?.Detach(this);
            return this;
        }

        public Tensor MoveToOtherDisposeScope(Tensor other) => MoveToOtherDisposeScope(other.OwningScope);

        public Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            if (OwningScope is null && other is not null) other.Attach(this);
            else OwningScope?.MoveToOther(other, this);
            return this;
        }

        public override bool Equals(object? obj) => obj is Tensor other && Equals(other);
        public bool Equals(Tensor target) => SameElements.Ask(this, target);
        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

        private static readonly Op SameElements = new("equal");

        public override string ToString()
        {
            if (IsInvalid) return "[disposed]";
            var where = device.ToString();
            var text = string.Create(CultureInfo.InvariantCulture, $"[{string.Join('x', shape)}], type = {dtype}, device = {where}");
            return ndim > 0 ? text : string.Create(CultureInfo.InvariantCulture, $"{text}, value = {ToScalar().Real:g9}");
        }
    }
}

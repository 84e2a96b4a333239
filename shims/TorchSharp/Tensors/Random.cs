using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static Generator manual_seed(long seed) => Generator.Default.manual_seed(seed);

    public static class random
    {
        public static Generator manual_seed(long seed) => torch.manual_seed(seed);
        public static long initial_seed() => Generator.Default.initial_seed();
        public static Tensor get_rng_state() => Generator.Default.get_state();
        public static void set_rng_state(Tensor new_state) => Generator.Default.set_state(new_state);
    }

    /// <summary>A stream of random numbers on the CPU. Not for two threads at once.</summary>
    public unsafe class Generator : IDisposable
    {
        private static readonly Lazy<Generator> s_default = new(() =>
        {
            IntPtr handle;
            Native.Check(Native.dt_default_generator(&handle));
            return new Generator(handle);
        });

        private IntPtr _handle;

        public Generator(ulong seed = 0, Device? device = null)
        {
            if (device is not null && device.type != DeviceType.CPU)
                throw new NotSupportedException("generators exist on the CPU only: draw there and move the tensor");
            IntPtr handle;
            Native.Check(Native.dt_new_generator(seed, &handle));
            _handle = handle;
        }

        private Generator(IntPtr handle) => _handle = handle;

        public static Generator Default => s_default.Value;

        public IntPtr Handle => _handle != IntPtr.Zero ? _handle : throw new InvalidOperationException("Generator invalid -- empty handle.");
        public Device device => CPU;

        public Generator manual_seed(long seed)
        {
            Native.Check(Native.dt_generator_set_seed(Handle, unchecked((ulong)seed)));
            GC.KeepAlive(this);
            return this;
        }

        public long initial_seed() => Seed(fresh: false);
        public long seed() => Seed(fresh: true);

        private long Seed(bool fresh)
        {
            ulong seed;
            Native.Check(Native.dt_generator_seed(Handle, fresh ? 1 : 0, &seed));
            GC.KeepAlive(this);
            return unchecked((long)seed);
        }

        public Tensor get_state()
        {
            IntPtr state;
            Native.Check(Native.dt_generator_get_state(Handle, &state));
            GC.KeepAlive(this);
            return new Tensor(state);
        }

        public void set_state(Tensor value)
        {
            Native.Check(Native.dt_generator_set_state(Handle, value.Handle));
            GC.KeepAlive(this);
            GC.KeepAlive(value);
        }

        ~Generator() => Dispose(false);

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (disposing && s_default.IsValueCreated && ReferenceEquals(this, s_default.Value)) return;
            var handle = Interlocked.Exchange(ref _handle, IntPtr.Zero);
            if (handle != IntPtr.Zero) Native.dt_free_generator(handle);
        }
    }
}

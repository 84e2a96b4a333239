using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static void set_num_threads(int num) => Native.Check(Native.dt_set_threads(num));
    public static int get_num_threads() => Native.dt_get_threads();
    public static void set_num_interop_threads(int num) => Native.Check(Native.dt_set_interop_threads(num));
    public static int get_num_interop_threads() => Native.dt_get_interop_threads();

    /// <summary>The distribution's libtorch computes on the CPU: no device is ever found here.</summary>
    public static class cuda
    {
        public static bool is_available() => false;
        public static bool is_cudnn_available() => false;
        public static int device_count() => 0;
        public static void synchronize(Device? device = null) { }
        public static void manual_seed(long seed) { }
        public static void manual_seed_all(long seed) { }
    }

    public static bool cuda_is_available() => cuda.is_available();

    public static class backends
    {
        public static class cuda
        {
            public static class matmul
            {
                public static bool allow_tf32 { get; set; }
                public static bool allow_fp16_reduced_precision_reduction { get; set; } = true;
            }
        }

        public static class cudnn
        {
            public static bool allow_tf32 { get; set; } = true;
        }
    }
}

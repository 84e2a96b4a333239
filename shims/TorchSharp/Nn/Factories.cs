using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static Conv1d Conv1d(long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
            new(in_channels, out_channels, [kernel_size], [stride], [padding], [dilation], padding_mode, groups, bias, device, dtype);

        public static Conv2d Conv2d(long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
            new(in_channels, out_channels, Two(kernel_size), Two(stride), Two(padding), null, Two(dilation), padding_mode, groups, bias, device, dtype);

        public static Conv2d Conv2d(long in_channels, long out_channels, (long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null, (long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
            new(in_channels, out_channels, Two(kernel_size), Two(stride, 1), Two(padding, 0), null, Two(dilation, 1), padding_mode, groups, bias, device, dtype);

        public static Conv2d Conv2d(long in_channels, long out_channels, long kernel_size, Padding padding, long stride = 1, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
            new(in_channels, out_channels, Two(kernel_size), Two(stride), [0, 0], padding, Two(dilation), padding_mode, groups, bias, device, dtype);

        public static Conv2d Conv2d(long in_channels, long out_channels, (long, long) kernel_size, Padding padding, (long, long)? stride = null, (long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
            new(in_channels, out_channels, Two(kernel_size), Two(stride, 1), [0, 0], padding, Two(dilation, 1), padding_mode, groups, bias, device, dtype);

        public static ConvTranspose2d ConvTranspose2d(long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long output_padding = 0, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null)
        {
            if (padding_mode != PaddingModes.Zeros) throw new ArgumentException("a transposed convolution pads with zeros only", nameof(padding_mode));
            return new(in_channels, out_channels, Two(kernel_size), Two(stride), Two(padding), Two(output_padding), Two(dilation), groups, bias, device, dtype);
        }

        public static Linear Linear(long inputSize, long outputSize, bool hasBias = true, Device? device = null, ScalarType? dtype = null) =>
            new(inputSize, outputSize, hasBias, device, dtype);

        public static Linear Linear(Parameter weight, Parameter? bias = null) => new(weight, bias);

        public static Embedding Embedding(long num_embeddings, long embedding_dims, long? padding_idx = null, double? max_norm = null, double norm_type = 2, bool scale_grad_by_freq = false, bool sparse = false, Device? device = null, ScalarType? dtype = null)
        {
            if (max_norm is not null) throw new NotSupportedException("embeddings renormalised in forward");
            return new(num_embeddings, embedding_dims, padding_idx, scale_grad_by_freq, sparse, device, dtype);
        }

        public static GroupNorm GroupNorm(long num_groups, long num_channels, double eps = 1e-05, bool affine = true, Device? device = null, ScalarType? dtype = null) =>
            new(num_groups, num_channels, eps, affine, device, dtype);

        public static LayerNorm LayerNorm(long normalized_shape, double eps = 1e-05, bool elementwise_affine = true, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
            new([normalized_shape], eps, elementwise_affine, bias, device, dtype);

        public static LayerNorm LayerNorm(long[] normalized_shape, double eps = 1e-05, bool elementwise_affine = true, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
            new(normalized_shape, eps, elementwise_affine, bias, device, dtype);

        public static BatchNorm2d BatchNorm2d(long num_features, double eps = 1e-05, double momentum = 0.1, bool affine = true, bool track_running_stats = true, Device? device = null, ScalarType? dtype = null) =>
            new(num_features, eps, momentum, affine, track_running_stats, device, dtype);

        public static Dropout Dropout(double p = 0.5, bool inplace = false) => new(p, inplace);
        public static SiLU SiLU() => new(false);
        public static SiLU SiLU(bool inplace) => new(inplace);
        public static ReLU ReLU(bool inplace = false) => new(inplace);
        public static GELU GELU() => new(Modules.GELU.Approximate.none, false);
        public static GELU GELU(bool inplace) => new(Modules.GELU.Approximate.none, inplace);
        public static GELU GELU(GELU.Approximate approximate, bool inplace = false) => new(approximate, inplace);
        public static Sigmoid Sigmoid() => new(false);
        public static Tanh Tanh() => new(false);
        public static Softmax Softmax(long dim) => new(dim);
        public static Identity Identity() => new();
        public static Flatten Flatten(long start_dim = 1, long end_dim = -1) => new(start_dim, end_dim);

        public static AvgPool2d AvgPool2d(long kernel_size, long? stride = null, long? padding = null, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null) =>
            new(Two(kernel_size), stride is { } s ? Two(s) : null, padding is { } p ? Two(p) : null, ceil_mode, count_include_pad, divisor_override);

        public static MaxPool2d MaxPool2d(long kernel_size, long? stride = null, long? padding = null, long? dilation = null, bool ceil_mode = false) =>
            new(Two(kernel_size), stride is { } s ? Two(s) : null, padding is { } p ? Two(p) : null, dilation is { } d ? Two(d) : null, ceil_mode);

        public static ModuleList<T> ModuleList<T>(params T[] modules) where T : Module => new(modules);
        public static Sequential Sequential() => new(Enumerable.Empty<Module<Tensor, Tensor>>());
        public static Sequential Sequential(params (string name, Module<Tensor, Tensor> submodule)[] modules) => new(modules.AsEnumerable());
        public static Sequential Sequential(params Module<Tensor, Tensor>[] modules) => new(modules.AsEnumerable());
        public static Sequential Sequential(IEnumerable<Module<Tensor, Tensor>> modules) => new(modules);
        public static Sequential Sequential(IEnumerable<(string name, Module<Tensor, Tensor> submodule)> modules) => new(modules);

        public static Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);

        private static long[] Two(long n) => [n, n];
        private static long[] Two((long, long) pair) => [pair.Item1, pair.Item2];
        private static long[] Two((long, long)? pair, long otherwise) => pair is { } p ? [p.Item1, p.Item2] : [otherwise, otherwise];
    }
}

using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Fills tensors in place, outside of any gradient.</summary>
        public static class init
        {
            public enum FanInOut { FanIn, FanOut }

            public enum NonlinearityType { Linear, Conv1D, Conv2D, Conv3D, ConvTranspose1D, ConvTranspose2D, ConvTranspose3D, Sigmoid, Tanh, ReLU, LeakyReLU }

            public static Tensor zeros_(Tensor tensor) => Filled(tensor, 0);
            public static Tensor ones_(Tensor tensor) => Filled(tensor, 1);

            public static Tensor constant_(Tensor tensor, Scalar val)
            {
                using var mode = no_grad();
                return tensor.fill_(val);
            }

            private static Tensor Filled(Tensor tensor, double value)
            {
                using var mode = no_grad();
                return Ops.fill__Scalar.Apply(tensor, value);
            }

            public static Tensor normal_(Tensor tensor, double mean = 0, double std = 1, Generator? generator = null)
            {
                using var mode = no_grad();
                return tensor.normal_(mean, std, generator);
            }

            public static Tensor uniform_(Tensor tensor, double low = 0, double high = 1, Generator? generator = null)
            {
                using var mode = no_grad();
                return tensor.uniform_(low, high, generator);
            }

            /// <summary>Normal numbers inside [a, b], by the inverse of the distribution function.</summary>
            public static Tensor trunc_normal_(Tensor tensor, double mean = 0, double std = 1, double a = -2, double b = 2, Generator? generator = null)
            {
                using var mode = no_grad();
                using var scope = NewDisposeScope();
                using var bounds = torch.tensor([(a - mean) / std / Math.Sqrt(2), (b - mean) / std / Math.Sqrt(2)], float64).erf_();
                var edges = bounds.data<double>().ToArray();
                tensor.uniform_(edges[0], edges[1], generator);
                Ops.erfinv_.Apply(tensor);
                tensor.mul_(std * Math.Sqrt(2)).add_(mean);
                return tensor.clamp_((Scalar)a, (Scalar)b);
            }

            public static Tensor xavier_uniform_(Tensor tensor, double gain = 1)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                var bound = gain * Math.Sqrt(6.0 / (fanIn + fanOut));
                return uniform_(tensor, -bound, bound);
            }

            public static Tensor xavier_normal_(Tensor tensor, double gain = 1)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                return normal_(tensor, 0, gain * Math.Sqrt(2.0 / (fanIn + fanOut)));
            }

            public static Tensor kaiming_uniform_(Tensor tensor, double a = 0, FanInOut mode = FanInOut.FanIn, NonlinearityType nonlinearity = NonlinearityType.LeakyReLU)
            {
                var bound = Math.Sqrt(3) * Deviation(tensor, a, mode, nonlinearity);
                return uniform_(tensor, -bound, bound);
            }

            public static Tensor kaiming_normal_(Tensor tensor, double a = 0, FanInOut mode = FanInOut.FanIn, NonlinearityType nonlinearity = NonlinearityType.LeakyReLU) =>
                normal_(tensor, 0, Deviation(tensor, a, mode, nonlinearity));

            private static double Deviation(Tensor tensor, double a, FanInOut mode, NonlinearityType nonlinearity)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                return calculate_gain(nonlinearity, a) / Math.Sqrt(mode == FanInOut.FanIn ? fanIn : fanOut);
            }

            public static double calculate_gain(NonlinearityType nonlinearity, double param = 0) => nonlinearity switch
            {
                NonlinearityType.Tanh => 5.0 / 3.0,
                NonlinearityType.ReLU => Math.Sqrt(2),
                NonlinearityType.LeakyReLU => Math.Sqrt(2 / (1 + param * param)),
                _ => 1,
            };

            public static (long fanIn, long fanOut) CalculateFanInAndFanOut(Tensor tensor)
            {
                var shape = tensor.shape;
                if (shape.Length < 2) throw new ArgumentException("fan in and fan out need a tensor with 2 dimensions or more", nameof(tensor));
                var receptive = 1L;
                for (var k = 2; k < shape.Length; k++) receptive *= shape[k];
                return (shape[1] * receptive, shape[0] * receptive);
            }
        }
    }
}

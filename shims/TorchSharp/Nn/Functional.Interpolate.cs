using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            /// <summary>Resizes the spatial dimensions of [N, C, H, W], by a size or by factors.</summary>
            /// <exception cref="ArgumentException">neither or both are given, or a mode takes no align_corners</exception>
            public static Tensor interpolate(Tensor x, long[]? size = null, double[]? scale_factor = null, InterpolationMode mode = InterpolationMode.Nearest, bool? align_corners = null, bool recompute_scale_factor = false, bool antialias = false)
            {
                if (size is null == scale_factor is null) throw new ArgumentException("exactly one of size and scale_factor must be given");
                if (x.ndim != 4) throw new NotSupportedException($"interpolate of a tensor with {x.ndim} dimensions: 4 are supported");
                if (align_corners is not null && mode is InterpolationMode.Nearest or InterpolationMode.NearestExact or InterpolationMode.Area)
                    throw new ArgumentException($"align_corners has no meaning for {mode}", nameof(align_corners));
                if (antialias && mode is not (InterpolationMode.Bilinear or InterpolationMode.Bicubic))
                    throw new ArgumentException($"antialias is for Bilinear and Bicubic, not {mode}", nameof(antialias));
                if (scale_factor is { Length: 1 }) scale_factor = [scale_factor[0], scale_factor[0]];
                if (recompute_scale_factor && scale_factor is not null)
                {
                    size = [(long)Math.Floor(x.size(2) * scale_factor[0]), (long)Math.Floor(x.size(3) * scale_factor[1])];
                    scale_factor = null;
                }
                var corners = align_corners ?? false;
                return mode switch
                {
                    InterpolationMode.Nearest => Ops.upsample_nearest2d_vec.Call(x, size, scale_factor),
                    InterpolationMode.NearestExact => Ops._upsample_nearest_exact2d_vec.Call(x, size, scale_factor),
                    InterpolationMode.Bilinear when antialias => Ops._upsample_bilinear2d_aa_vec.Call(x, size, corners, scale_factor),
                    InterpolationMode.Bilinear => Ops.upsample_bilinear2d_vec.Call(x, size, corners, scale_factor),
                    InterpolationMode.Bicubic when antialias => Ops._upsample_bicubic2d_aa_vec.Call(x, size, corners, scale_factor),
                    InterpolationMode.Bicubic => Ops.upsample_bicubic2d_vec.Call(x, size, corners, scale_factor),
                    InterpolationMode.Area => adaptive_avg_pool2d(x, size ?? [(long)Math.Floor(x.size(2) * scale_factor![0]), (long)Math.Floor(x.size(3) * scale_factor[1])]),
                    _ => throw new NotSupportedException($"interpolate with {mode}"),
                };
            }
        }
    }
}

// Group norm, adaptive scale and shift, and SiLU of one group of channels of one image.
#pragma once

#include <cstdint>

namespace kernels {

// The channels of a group lie one after the other, each of `pixels` floats.
struct NormShape {
    int64_t pixels;
    int64_t channels;
    float epsilon;
    bool activate;  // SiLU after the norm
};

// Of the group's first channel. Scale and shift may be null: then 0.
struct NormParameters {
    const float* weight;
    const float* bias;
    const float* scale;
    const float* shift;
};

// y = silu(norm(x) (1 + scale) + shift)
void norm_forward(const NormShape& shape, const NormParameters& with, const float* x, float* y, float* mean, float* rstd);

// x_gradient, and of each channel the sums over pixels of dz and of dz * xhat, with z what SiLU was given.
void norm_backward(const NormShape& shape, const NormParameters& with, const float* x, float mean, float rstd,
                   const float* y_gradient, float* x_gradient, float* sum, float* product_sum);

}  // namespace kernels

// Group norm, adaptive scale and shift, and SiLU of one image in channels-last memory.
#pragma once

#include <cstdint>

namespace kernels {

// A range of an image's channels that holds whole groups. Pixels are `stride` floats apart.
struct NormShape {
    int64_t pixels;
    int64_t stride;    // channels of the whole image
    int64_t channels;  // of this range
    int64_t groups;    // of this range
    float epsilon;
    bool activate;  // SiLU after the norm
};

// Of the range's first channel. Scale and shift may be null: then 0.
struct NormParameters {
    const float* weight;
    const float* bias;
    const float* scale;
    const float* shift;
};

// y = silu(norm(x) (1 + scale) + shift); mean and rstd: one of each group. scratch: 3 floats a channel.
void norm_forward(const NormShape& shape, const NormParameters& with, const float* x, float* y, float* mean, float* rstd, float* scratch);

// x_gradient, and of each channel the sums over pixels of dz and of dz * xhat, with z what SiLU was given.
// scratch: 4 floats a channel.
void norm_backward(const NormShape& shape, const NormParameters& with, const float* x, const float* mean, const float* rstd,
                   const float* y_gradient, float* x_gradient, float* sum, float* product_sum, float* scratch);

}  // namespace kernels

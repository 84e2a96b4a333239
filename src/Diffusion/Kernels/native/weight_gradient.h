// The gradients of the weights of a convolution.
#pragma once

#include "vectors.h"

#include <ATen/core/Tensor.h>

namespace kernels {

struct WeightGradient {
    at::Tensor weight, bias;
};

// x: [B, I, H, W], dy: [B, O, H, W], the gradient of the result, both float32 in channels-last memory on the CPU; kernel: 1 or 3.
// Gives [O, I, kernel, kernel] and [O]. The order of every sum is that of the pixels, whatever the number of threads. unit: one that
// the processor has.
WeightGradient weight_gradient(const at::Tensor& x, const at::Tensor& dy, int64_t kernel, Unit unit);

}  // namespace kernels

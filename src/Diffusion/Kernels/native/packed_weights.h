// Weights in the form that the convolutions take, for as long as the weights stay what they were.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <mutex>

namespace kernels {

inline bool is_pointwise(const at::Tensor& weight) { return weight.size(2) == 1; }

// The packed weights of one layer. Weights are what they were while they are the same memory at the same version, which every operation
// that writes to it counts up. The memory is known by its owner, weakly: as long as that is asked for, no other one has its address.
class PackedWeights : public torch::CustomClassHolder {
public:
    // of the convolution itself
    at::Tensor forward(const at::Tensor& weight) { return of(weight, false); }

    // of the convolution that takes a gradient back to the input: input and output change places, and a 3x3 is turned by half a turn
    at::Tensor backward(const at::Tensor& weight) { return of(weight, true); }

private:
    struct Kept {
        c10::weak_intrusive_ptr<c10::StorageImpl> owner{c10::intrusive_ptr<c10::StorageImpl>()};
        const void* data = nullptr;
        int64_t version = -1;
        at::Tensor packed;
    };

    at::Tensor of(const at::Tensor& weight, bool turned);

    std::mutex busy;
    Kept kept[2];
};

}  // namespace kernels

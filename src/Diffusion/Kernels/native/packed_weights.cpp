#include "packed_weights.h"

#include "winograd.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

namespace kernels {
namespace {

at::Tensor pack_weight(const at::Tensor& weight, bool turned) {
    int64_t to = weight.size(0), from = weight.size(1);
    int64_t strides[4] = {weight.stride(0), weight.stride(1), weight.stride(2), weight.stride(3)};
    const float* values = weight.data_ptr<float>();
    if (turned) {
        std::swap(to, from);
        std::swap(strides[0], strides[1]);
        for (int k = 2; k < 4; k++) {
            values += (weight.size(k) - 1) * strides[k];
            strides[k] = -strides[k];
        }
    }
    auto packed = at::empty({is_pointwise(weight) ? from * to : winograd_weights(from, to)}, weight.options().requires_grad(false));
    float* out = packed.data_ptr<float>();
    if (is_pointwise(weight)) pack(values, strides[0], strides[1], out, from, to);
    else
        at::parallel_for(0, panels(to), 1, [&](int64_t begin, int64_t end) {
            winograd_pack(values, strides, from, to, begin * panel_width, std::min(end * panel_width, to), out);
        });
    return packed;
}

}  // namespace

at::Tensor PackedWeights::of(const at::Tensor& weight, bool turned) {
    const std::lock_guard<std::mutex> guard(busy);
    auto& [owner, data, version, packed] = kept[turned];
    auto* storage = weight.storage().unsafeGetStorageImpl();
    if (!packed.defined() || owner._unsafe_get_target() != storage || data != weight.data_ptr() || version != weight._version()) {
        packed = pack_weight(weight, turned);
        owner = c10::weak_intrusive_ptr<c10::StorageImpl>(c10::intrusive_ptr<c10::StorageImpl>::reclaim_copy(storage));
        data = weight.data_ptr();
        version = weight._version();
    }
    return packed;
}

}  // namespace kernels

// Convolutions of 3x3 and 1x1 without gradients, for float32 images in channels-last memory on the CPU.
#include "kernel_api.h"
#include "products.h"
#include "winograd.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/record_function.h>
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>

namespace {

using at::Tensor;

bool is_pointwise(const Tensor& weight) { return weight.size(2) == 1; }

Tensor pack(const Tensor& weight) {
    const int64_t to = weight.size(0), from = weight.size(1);
    const int64_t strides[4] = {weight.stride(0), weight.stride(1), weight.stride(2), weight.stride(3)};
    const float* values = weight.data_ptr<float>();
    auto packed = at::empty({is_pointwise(weight) ? from * to : kernels::winograd_weights(from, to)}, weight.options().requires_grad(false));
    if (is_pointwise(weight)) kernels::pack(values, strides[0], strides[1], packed.data_ptr<float>(), from, to);
    else kernels::winograd_pack(values, strides, from, to, packed.data_ptr<float>());
    return packed;
}

// Packed weights as long as the weights stay what they were: the same memory at the same version, which every operation that writes
// to it counts up. The memory is known by its owner, weakly: as long as that is asked for, no other one has its address.
class Kept {
public:
    Tensor of(const Tensor& weight) {
        const std::lock_guard<std::mutex> guard(busy);
        auto* storage = weight.storage().unsafeGetStorageImpl();
        if (!packed.defined() || owner._unsafe_get_target() != storage || data != weight.data_ptr() || version != weight._version()) {
            packed = pack(weight);
            owner = c10::weak_intrusive_ptr<c10::StorageImpl>(c10::intrusive_ptr<c10::StorageImpl>::reclaim_copy(storage));
            data = weight.data_ptr();
            version = weight._version();
        }
        return packed;
    }

private:
    std::mutex busy;
    c10::weak_intrusive_ptr<c10::StorageImpl> owner{c10::intrusive_ptr<c10::StorageImpl>()};
    const void* data = nullptr;
    int64_t version = -1;
    Tensor packed;
};

// Grows to what the largest operation of a thread needs, and stays for the next one.
float* scratch(int64_t floats) {
    struct Free {
        void operator()(float* block) const { std::free(block); }
    };
    thread_local std::unique_ptr<float, Free> block;
    thread_local int64_t size = 0;
    if (size < floats) {
        const int64_t lines = (floats + 15) / 16;
        block.reset(static_cast<float*>(std::aligned_alloc(64, lines * 64)));
        size = block ? lines * 16 : 0;
        TORCH_CHECK(block, "not enough memory for ", lines * 64, " bytes");
    }
    return block.get();
}

// body(first, count) of parts of `all`: large ones, but one for each thread
template <typename Body>
void each_part(int64_t all, int64_t largest, Body&& body) {
    const int64_t share = (all + at::get_num_threads() - 1) / at::get_num_threads();
    const int64_t size = std::max<int64_t>(8, std::min(largest, (share + 7) / 8 * 8));
    at::parallel_for(0, (all + size - 1) / size, 1, [&](int64_t begin, int64_t end) {
        for (int64_t k = begin; k < end; k++) body(k * size, std::min(size, all - k * size));
    });
}

Tensor run(const Tensor& x, const Tensor& packed, int64_t to, bool pointwise, const float* bias, const Tensor& added, kernels::Unit unit) {
    // multiples of both row counts of a block of the product, and few enough for the second level of the cache
    constexpr int64_t tiles = 48, rows = 96;
    auto y = at::empty({x.size(0), to, x.size(2), x.size(3)}, x.options().requires_grad(false), at::MemoryFormat::ChannelsLast);
    const kernels::ConvShape shape{x.size(0), x.size(2), x.size(3), x.size(1), to};
    const float *in = x.data_ptr<float>(), *weights = packed.data_ptr<float>(), *extra = added.defined() ? added.data_ptr<float>() : nullptr;
    float* out = y.data_ptr<float>();
    if (pointwise)
        each_part(shape.images * shape.height * shape.width, rows, [&](int64_t first, int64_t count) {
            kernels::multiply(in + first * shape.from, weights, out + first * to, count, shape.from, to, bias, extra ? extra + first * to : nullptr, unit);
        });
    else
        each_part(shape.tiles(), tiles, [&](int64_t first, int64_t count) {
            kernels::winograd_tiles(shape, in, weights, bias, extra, out, first, count, scratch(kernels::winograd_scratch(shape, count)), unit);
        });
    return y;
}

const Tensor& tensor(const void* handle) { return *static_cast<const Tensor*>(handle); }

void require_image(const Tensor& image, const char* what) {
    TORCH_CHECK(image.dim() == 4 && image.numel() > 0 && image.scalar_type() == at::kFloat && image.device().is_cpu()
        && image.is_contiguous(at::MemoryFormat::ChannelsLast), what, " is no float32 image in channels-last memory on the CPU");
}

}  // namespace

// A place for the packed weights of one layer; kernels_packed_free gives it back.
KERNEL_API void* kernels_packed_new() { return new Kept(); }

KERNEL_API void kernels_packed_free(void* kept) { delete static_cast<Kept*>(kept); }

// The widest vector unit that these operators can use here, to be handed to them; 0: none, they serve on no such processor.
KERNEL_API int32_t kernels_vector_unit() { return static_cast<int32_t>(kernels::widest_unit()); }

// Stride 1 and an output of the input's size, while gradients are off. x: float32 [B, I, H, W] in channels-last memory on the CPU; weight:
// [O, I, K, K] with K 1 or 3, I and O multiples of 16; bias: [O]; added: null or of the result's shape and layout, added to it. kept: where
// the packed weights stay as long as the weights do not change. unit: 1 (AVX2) up to kernels_vector_unit(). *result: a new tensor. 0: done.
KERNEL_API int32_t kernels_convolution(const void* x, const void* weight, const void* bias, const void* added, void* kept, int32_t unit, void** result) {
    return kernels::guarded([&] {
        RECORD_FUNCTION("diffusion::convolution", {});
        const auto &image = tensor(x), &weights = tensor(weight), &offsets = tensor(bias);
        TORCH_CHECK(!at::GradMode::is_enabled(), "the convolution has no gradients; turn them off, or use the plain operator");
        TORCH_CHECK(unit > 0 && unit <= kernels_vector_unit(), "this processor has no vector unit ", unit);
        require_image(image, "the input");
        TORCH_CHECK(weights.dim() == 4 && weights.scalar_type() == at::kFloat && weights.size(2) == weights.size(3) && (weights.size(2) == 1 || weights.size(2) == 3)
            && weights.size(0) % 16 == 0 && weights.size(1) % 16 == 0, "weights are float32 [O, I, K, K] with K 1 or 3, O and I multiples of 16");
        TORCH_CHECK(weights.size(1) == image.size(1), "the input has ", image.size(1), " channels, the weights have ", weights.size(1));
        TORCH_CHECK(offsets.scalar_type() == at::kFloat && offsets.is_contiguous() && offsets.numel() == weights.size(0), "the bias is contiguous float32 [O]");
        const Tensor extra = added ? tensor(added) : Tensor();
        if (added) {
            require_image(extra, "what is added");
            TORCH_CHECK(extra.size(0) == image.size(0) && extra.size(1) == weights.size(0) && extra.size(2) == image.size(2) && extra.size(3) == image.size(3),
                "what is added has not the shape of the result");
        }
        *result = new Tensor(run(image, static_cast<Kept*>(kept)->of(weights), weights.size(0), is_pointwise(weights), offsets.data_ptr<float>(), extra,
            static_cast<kernels::Unit>(unit)));
    });
}

// Convolutions of 3x3 and 1x1 as one operator with gradients, for float32 images in channels-last memory on the CPU.
#include "kernel_api.h"
#include "products.h"
#include "winograd.h"

#include <ATen/Parallel.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>
#include <algorithm>
#include <cstdlib>
#include <memory>

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Packed weights as long as the weights stay what they were.
struct Kept {
    const void* data = nullptr;
    int64_t version = -1;
    Tensor packed;
};

bool is_pointwise(const Tensor& weight) { return weight.size(2) == 1; }

// `back`: for the gradient by the input, which is the convolution with the weights turned around
Tensor pack(const Tensor& weight, bool back) {
    const int64_t to = weight.size(back ? 1 : 0), from = weight.size(back ? 0 : 1);
    const int64_t strides[4] = {weight.stride(0), weight.stride(1), weight.stride(2), weight.stride(3)};
    const float* values = weight.data_ptr<float>();
    if (is_pointwise(weight)) {
        auto packed = at::empty({from * to}, weight.options().requires_grad(false));
        kernels::pack(values, strides[back ? 1 : 0], strides[back ? 0 : 1], packed.data_ptr<float>(), from, to);
        return packed;
    }
    auto packed = at::empty({kernels::winograd_weights(from, to)}, weight.options().requires_grad(false));
    kernels::winograd_pack(values, strides, from, to, back, packed.data_ptr<float>());
    return packed;
}

Tensor packed_of(const Tensor& weight, Kept* kept) {
    if (!kept) return pack(weight, false);
    if (kept->data != weight.data_ptr() || kept->version != weight._version()) {
        kept->packed = pack(weight, false);
        kept->data = weight.data_ptr();
        kept->version = weight._version();
    }
    return kept->packed;
}

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

Tensor run(const Tensor& x, const Tensor& packed, int64_t to, bool pointwise, const float* bias, const Tensor& added) {
    constexpr int64_t tiles = 32, rows = 128;
    auto y = at::empty({x.size(0), to, x.size(2), x.size(3)}, x.options().requires_grad(false), at::MemoryFormat::ChannelsLast);
    const kernels::ConvShape shape{x.size(0), x.size(2), x.size(3), x.size(1), to};
    const float *in = x.data_ptr<float>(), *weights = packed.data_ptr<float>(), *extra = added.defined() ? added.data_ptr<float>() : nullptr;
    float* out = y.data_ptr<float>();
    if (pointwise)
        each_part(shape.images * shape.height * shape.width, rows, [&](int64_t first, int64_t count) {
            kernels::multiply(in + first * shape.from, weights, out + first * to, count, shape.from, to, bias, extra ? extra + first * to : nullptr);
        });
    else
        each_part(shape.tiles(), tiles, [&](int64_t first, int64_t count) {
            kernels::winograd_tiles(shape, in, weights, bias, extra, out, first, count, scratch(kernels::winograd_scratch(shape, count)));
        });
    return y;
}

struct Convolution : torch::autograd::Function<Convolution> {
    static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, const Tensor& bias, const c10::optional<Tensor>& added) {
        context->save_for_backward({x, weight});
        context->saved_data["x"] = x.requires_grad();
        context->saved_data["added"] = added.has_value();
        context->saved_data["weight"] = weight.requires_grad() || bias.requires_grad();
        return run(x, pack(weight, false), weight.size(0), is_pointwise(weight), bias.data_ptr<float>(), added.value_or(Tensor()));
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        TORCH_CHECK(!at::GradMode::is_enabled(), "the convolution has no second derivative; evaluate the network without kernels for that");
        RECORD_FUNCTION("diffusion::convolution_backward", {});
        auto saved = context->get_saved_variables();
        auto &x = saved[0], &weight = saved[1];
        auto dy = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
        Tensor dx, dw, db;
        if (context->saved_data["x"].toBool()) dx = run(dy, pack(weight, true), weight.size(1), is_pointwise(weight), nullptr, Tensor());
        if (context->saved_data["weight"].toBool()) {
            const int64_t padding = is_pointwise(weight) ? 0 : 1;
            std::tie(std::ignore, dw, db) = at::convolution_backward(dy, x, weight, weight.size(0), {1, 1}, {padding, padding}, {1, 1}, false, {0, 0}, 1, {false, true, true});
        }
        return {dx, dw, db, context->saved_data["added"].toBool() ? gradients[0] : Tensor()};
    }
};

const Tensor& tensor(const void* handle) { return *static_cast<const Tensor*>(handle); }

void require_image(const Tensor& image, const char* what) {
    TORCH_CHECK(image.dim() == 4 && image.numel() > 0 && image.scalar_type() == at::kFloat && image.device().is_cpu()
        && image.is_contiguous(at::MemoryFormat::ChannelsLast), what, " is no float32 image in channels-last memory on the CPU");
}

}  // namespace

// A place for the packed weights of one layer; kernels_packed_free gives it back.
KERNEL_API void* kernels_packed_new() { return new Kept(); }

KERNEL_API void kernels_packed_free(void* kept) { delete static_cast<Kept*>(kept); }

// Stride 1 and an output of the input's size. x: float32 [B, I, H, W] in channels-last memory on the CPU; weight: [O, I, K, K] with K 1 or 3,
// I and O multiples of 16; bias: [O]; added: null or of the result's shape and layout, added to it. kept: null, or where the packed weights
// stay while gradients are off and the weights do not change. *result: a new tensor. 0: done.
KERNEL_API int32_t kernels_convolution(const void* x, const void* weight, const void* bias, const void* added, void* kept, void** result) {
    return kernels::guarded([&] {
        RECORD_FUNCTION("diffusion::convolution", {});
        const auto &image = tensor(x), &weights = tensor(weight), &offsets = tensor(bias);
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
        auto y = at::GradMode::is_enabled()
            ? Convolution::apply(image, weights, offsets, added ? c10::optional<Tensor>(extra) : c10::nullopt)
            : run(image, packed_of(weights, static_cast<Kept*>(kept)), weights.size(0), is_pointwise(weights), offsets.data_ptr<float>(), extra);
        *result = new Tensor(std::move(y));
    });
}

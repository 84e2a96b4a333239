// Convolutions of 3x3 and 1x1 with their gradients, for float32 images in channels-last memory on the CPU.
#include "kernel_api.h"
#include "packed_weights.h"
#include "products.h"
#include "scratch.h"
#include "weight_gradient.h"
#include "winograd.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/record_function.h>
#include <algorithm>
#include <torch/csrc/autograd/custom_function.h>

namespace {

using at::Tensor;
using kernels::tensor;
using kernels::PackedWeights;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// body(first, count) of parts of `all`: large ones, but one for each thread
template <typename Body>
void each_part(int64_t all, int64_t largest, Body&& body) {
    const int64_t share = (all + at::get_num_threads() - 1) / at::get_num_threads();
    const int64_t size = std::max<int64_t>(8, std::min(largest, (share + 7) / 8 * 8));
    at::parallel_for(0, (all + size - 1) / size, 1, [&](int64_t begin, int64_t end) {
        for (int64_t k = begin; k < end; k++) body(k * size, std::min(size, all - k * size));
    });
}

Tensor convolve(const Tensor& x, const Tensor& packed, int64_t to, bool pointwise, const float* bias, const Tensor& added, kernels::Unit unit) {
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
            kernels::winograd_tiles(shape, in, weights, bias, extra, out, first, count, kernels::scratch(kernels::winograd_scratch(shape, count)), unit);
        });
    return y;
}

Tensor evaluate(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& added, PackedWeights& packed, kernels::Unit unit) {
    return convolve(x, packed.forward(weight), weight.size(0), kernels::is_pointwise(weight), bias.data_ptr<float>(), added, unit);
}

struct Convolution : torch::autograd::Function<Convolution> {
    // what is added is optional by its type: an undefined tensor would be taken for an input
    static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, const Tensor& bias, const c10::optional<Tensor>& added,
                          const c10::intrusive_ptr<PackedWeights>& packed, int64_t unit) {
        context->save_for_backward({x, weight});
        context->saved_data["packed"] = c10::IValue::make_capsule(packed);
        context->saved_data["unit"] = unit;
        context->saved_data["adds"] = added.has_value();
        return evaluate(x, weight, bias, added.value_or(Tensor()), *packed, static_cast<kernels::Unit>(unit));
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        RECORD_FUNCTION("diffusion::convolution_backward", {});
        TORCH_CHECK(!at::GradMode::is_enabled(), "the convolution has no second derivative; evaluate the network without kernels for that");
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1];
        const auto unit = static_cast<kernels::Unit>(context->saved_data["unit"].toInt());
        const auto packed = c10::static_intrusive_pointer_cast<PackedWeights>(context->saved_data["packed"].toCapsule());
        const Tensor dy = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
        Tensor dx;
        if (context->needs_input_grad(0))
            dx = convolve(dy, packed->backward(weight), x.size(1), kernels::is_pointwise(weight), nullptr, Tensor(), unit);
        kernels::WeightGradient of_weight;
        if (context->needs_input_grad(1) || context->needs_input_grad(2)) of_weight = kernels::weight_gradient(x, dy, weight.size(2), unit);
        return {dx, of_weight.weight, of_weight.bias, context->saved_data["adds"].toBool() ? dy : Tensor(), Tensor(), Tensor()};
    }
};

c10::intrusive_ptr<PackedWeights>& place(void* packed) { return *static_cast<c10::intrusive_ptr<PackedWeights>*>(packed); }

void require_image(const Tensor& image, const char* what) {
    TORCH_CHECK(image.dim() == 4 && image.numel() > 0 && image.scalar_type() == at::kFloat && image.device().is_cpu()
        && image.is_contiguous(at::MemoryFormat::ChannelsLast), what, " is no float32 image in channels-last memory on the CPU");
}

}  // namespace

// A place for the packed weights of one layer; kernels_packed_free gives it back, and what a backward pass still needs stays until then.
KERNEL_API void* kernels_packed_new() { return new c10::intrusive_ptr<PackedWeights>(c10::make_intrusive<PackedWeights>()); }

KERNEL_API void kernels_packed_free(void* packed) { delete &place(packed); }

// The widest vector unit that these operators can use here, to be handed to them; 0: none, they serve on no such processor.
KERNEL_API int32_t kernels_vector_unit() { return static_cast<int32_t>(kernels::widest_unit()); }

// Stride 1 and an output of the input's size. x: float32 [B, I, H, W] in channels-last memory on the CPU; weight: [O, I, K, K] with K 1 or
// 3, I and O multiples of 16; bias: [O]; added: null or of the result's shape and layout, added to it. packed: where the packed weights
// stay as long as the weights do not change. unit: 1 (AVX2) up to kernels_vector_unit(). *result: a new tensor. 0: done.
KERNEL_API int32_t kernels_convolution(const void* x, const void* weight, const void* bias, const void* added, void* packed, int32_t unit, void** result) {
    return kernels::guarded([&] {
        RECORD_FUNCTION("diffusion::convolution", {});
        const auto &image = tensor(x), &weights = tensor(weight), &offsets = tensor(bias);
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
        *result = new Tensor(at::GradMode::is_enabled()
            ? Convolution::apply(image, weights, offsets, added ? c10::optional<Tensor>(extra) : c10::nullopt, place(packed), unit)
            : evaluate(image, weights, offsets, extra, *place(packed), static_cast<kernels::Unit>(unit)));
    });
}

// Group norm with modulation and SiLU as one operator with gradients, for float32 images in channels-last memory on the CPU.
// Tensors come and go as pointers to at::Tensor, which is what a tensor's handle is in TorchSharp.
#include "kernel_api.h"
#include "norm_activation.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>
#include <vector>

namespace {

using at::Tensor;
using kernels::tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// An image's channels in parts of whole groups: as many parts as few images need to occupy all threads, none narrower than a
// cache line. A part's result does not depend on how many there are.
struct Parts {
    int64_t of_image, channels, groups, all_channels, all_groups, count;
    kernels::NormShape shape;

    Parts(const Tensor& x, int64_t all_groups, double epsilon, bool activate)
        : of_image(1), all_channels(x.size(1)), all_groups(all_groups) {
        constexpr int64_t narrowest = 16;
        while (x.size(0) * of_image < at::get_num_threads() && all_groups % (of_image * 2) == 0 && all_channels / (of_image * 2) >= narrowest)
            of_image *= 2;
        channels = all_channels / of_image;
        groups = all_groups / of_image;
        count = x.size(0) * of_image;
        shape = {x.size(2) * x.size(3), all_channels, channels, groups, static_cast<float>(epsilon), activate};
    }

    // body(where the part begins in an image tensor, in a tensor [B, C], in a tensor [B, groups], scratch, part)
    template <typename Body>
    void each(Body&& body) const {
        at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
            std::vector<float> scratch(4 * channels);
            for (int64_t k = begin; k < end; k++) {
                const int64_t image = k / of_image, part = k % of_image;
                body(image * shape.pixels * all_channels + part * channels, image * all_channels + part * channels,
                    image * all_groups + part * groups, scratch.data(), k);
            }
        });
    }

    kernels::NormParameters parameters(const Tensor& weight, const Tensor& bias, const Tensor& condition, int64_t part) const {
        const int64_t first = part % of_image * channels;
        const float* modulation = condition.defined() ? condition.data_ptr<float>() + part / of_image * 2 * all_channels : nullptr;
        return {weight.data_ptr<float>() + first, bias.data_ptr<float>() + first,
            modulation ? modulation + first : nullptr, modulation ? modulation + all_channels + first : nullptr};
    }
};

struct Result {
    Tensor y, mean, rstd;
};

Result evaluate(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& condition, int64_t groups, double epsilon, bool activate) {
    Result result;
    result.y = at::empty_like(x);
    result.mean = at::empty({x.size(0), groups}, x.options());
    result.rstd = at::empty_like(result.mean);
    const Parts parts(x, groups, epsilon, activate);
    const float* from = x.data_ptr<float>();
    float *to = result.y.data_ptr<float>(), *mean = result.mean.data_ptr<float>(), *rstd = result.rstd.data_ptr<float>();
    parts.each([&](int64_t start, int64_t, int64_t group, float* scratch, int64_t part) {
        kernels::norm_forward(parts.shape, parts.parameters(weight, bias, condition, part), from + start, to + start, mean + group, rstd + group, scratch);
    });
    return result;
}

struct NormActivation : torch::autograd::Function<NormActivation> {
    // the condition is optional by its type: an undefined tensor would be taken for an input
    static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, const Tensor& bias, const c10::optional<Tensor>& given,
                          int64_t groups, double epsilon, bool activate) {
        const Tensor condition = given.value_or(Tensor());
        auto [y, mean, rstd] = evaluate(x, weight, bias, condition, groups, epsilon, activate);
        context->save_for_backward({x, weight, bias, condition, mean, rstd});
        context->saved_data["groups"] = groups;
        context->saved_data["epsilon"] = epsilon;
        context->saved_data["activate"] = activate;
        return y;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        TORCH_CHECK(!at::GradMode::is_enabled(), "the fused norm has no second derivative; evaluate the network without kernels for that");
        auto saved = context->get_saved_variables();
        auto &x = saved[0], &weight = saved[1], &bias = saved[2], &condition = saved[3], &mean = saved[4], &rstd = saved[5];
        const int64_t groups = context->saved_data["groups"].toInt();
        auto dy = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
        auto dx = at::empty_like(x);
        const int64_t channels = x.size(1);
        auto sums = at::empty({2, x.size(0), channels}, mean.options());
        const Parts parts(x, groups, context->saved_data["epsilon"].toDouble(), context->saved_data["activate"].toBool());
        const float *from = x.data_ptr<float>(), *given = dy.data_ptr<float>(), *means = mean.data_ptr<float>(), *widths = rstd.data_ptr<float>();
        float *to = dx.data_ptr<float>(), *sum_of = sums.data_ptr<float>(), *product_of = sum_of + x.size(0) * channels;
        parts.each([&](int64_t start, int64_t channel, int64_t group, float* scratch, int64_t part) {
            kernels::norm_backward(parts.shape, parts.parameters(weight, bias, condition, part), from + start, means + group, widths + group,
                given + start, to + start, sum_of + channel, product_of + channel, scratch);
        });
        // z = (xhat weight + bias) (1 + scale) + shift
        auto sum = sums[0], product = sums[1];
        Tensor weight_gradient, bias_gradient, condition_gradient;
        if (condition.defined()) {
            auto scale = condition.narrow(1, 0, channels) + 1;
            weight_gradient = (product * scale).sum(0);
            bias_gradient = (sum * scale).sum(0);
            condition_gradient = at::cat(variable_list{product * weight + sum * bias, sum}, 1);
        } else {
            weight_gradient = product.sum(0);
            bias_gradient = sum.sum(0);
        }
        return {dx, weight_gradient, bias_gradient, condition_gradient, Tensor(), Tensor(), Tensor()};
    }
};

}  // namespace

std::string& kernels::last_error() {
    thread_local std::string text;
    return text;
}

// What went wrong last on this thread.
KERNEL_API const char* kernels_error() { return kernels::last_error().c_str(); }

// x: float32 [B, C, H, W] in channels-last memory on the CPU; weight, bias: [C]; condition: null or contiguous [B, 2C],
// scales before shifts. *result: a new tensor of x's shape and layout. 0: done.
KERNEL_API int32_t kernels_norm_activation(const void* x, const void* weight, const void* bias, const void* condition,
                                           int64_t groups, double epsilon, int32_t activate, void** result) {
    return kernels::guarded([&] {
        RECORD_FUNCTION("diffusion::norm_activation", {});
        const auto& image = tensor(x);
        TORCH_CHECK(image.dim() == 4 && image.numel() > 0 && image.scalar_type() == at::kFloat && image.device().is_cpu()
            && image.is_contiguous(at::MemoryFormat::ChannelsLast), "a float32 image in channels-last memory on the CPU is needed");
        TORCH_CHECK(groups > 0 && image.size(1) % groups == 0, image.size(1), " channels do not make ", groups, " groups");
        for (auto* parameter : {&tensor(weight), &tensor(bias)})
            TORCH_CHECK(parameter->scalar_type() == at::kFloat && parameter->is_contiguous() && parameter->numel() == image.size(1),
                "weight and bias are contiguous float32 of as many values as there are channels");
        const Tensor modulation = condition ? tensor(condition) : Tensor();
        if (condition)
            TORCH_CHECK(modulation.scalar_type() == at::kFloat && modulation.is_contiguous() && modulation.dim() == 2
                && modulation.size(0) == image.size(0) && modulation.size(1) == 2 * image.size(1), "the condition is contiguous float32 [B, 2C]");
        auto y = at::GradMode::is_enabled()
            ? NormActivation::apply(image, tensor(weight), tensor(bias), condition ? c10::optional<Tensor>(modulation) : c10::nullopt, groups, epsilon, activate != 0)
            : evaluate(image, tensor(weight), tensor(bias), modulation, groups, epsilon, activate != 0).y;
        *result = new Tensor(std::move(y));
    });
}

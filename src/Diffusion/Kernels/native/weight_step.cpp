// What a training step does to the weights once their gradient is there: its norm, then clipping, AdamW and the moving average, of all
// parameters in one call and one pass over memory. Every number is its own, and sums have an order that no thread count changes.
#include "kernel_api.h"
#include "vectors.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>
#include <ATen/record_function.h>
#include <cmath>
#include <vector>

// Rounded where the plain operators round: what they fuse is written as fused below.
#pragma GCC optimize("fp-contract=off")

namespace {

using at::Tensor;
using kernels::tensor;

// As the C# side has it.
struct Step {
    double share;     // the gradient is multiplied by it first
    double keep;      // so are the weights: 1 - learning rate * decay
    double beta1, beta2;
    double size;      // -learning rate / (1 - beta1^n)
    double spread;    // sqrt(1 - beta2^n)
    double epsilon;
    double average;   // decay of the average; 1 leaves it
};

struct Numbers {
    float share, keep, beta1, fresh1, beta2, fresh2, size, spread, epsilon, old, fresh;

    explicit Numbers(const Step& s)
        : share(float(s.share)), keep(float(s.keep)), beta1(float(s.beta1)), fresh1(float(1 - s.beta1)), beta2(float(s.beta2)), fresh2(float(1 - s.beta2)),
          size(float(s.size)), spread(float(s.spread)), epsilon(float(s.epsilon)), old(float(s.average)), fresh(float(1 - s.average)) {}
};

INLINE void descend(const Numbers& with, int64_t n, const float* __restrict gradient, float* __restrict weight, float* __restrict first, float* __restrict second) {
    for (int64_t i = 0; i < n; i++) {
        const float g = gradient[i] * with.share;
        const float m = __builtin_fmaf(g, with.fresh1, first[i] * with.beta1);
        const float v = __builtin_fmaf(with.fresh2 * g, g, second[i] * with.beta2);
        first[i] = m;
        second[i] = v;
        weight[i] = weight[i] * with.keep + with.size * m / (__builtin_sqrtf(v) / with.spread + with.epsilon);
    }
}

INLINE void follow(const Numbers& with, int64_t n, const float* __restrict weight, float* __restrict average) {
    for (int64_t i = 0; i < n; i++) average[i] = __builtin_fmaf(weight[i], with.fresh, average[i] * with.old);
}

// a part of a parameter; without a gradient only its average moves
struct Part {
    const float* gradient;
    float *weight, *first, *second, *average;
    int64_t count;
};

INLINE void step_of(const Numbers& with, const Part& part) {
    if (part.gradient) descend(with, part.count, part.gradient, part.weight, part.first, part.second);
    if (with.old != 1.0f) follow(with, part.count, part.weight, part.average);
}

#if defined(__x86_64__)
FOR_AVX512 void step_avx512(const Numbers& with, const Part& part) { step_of(with, part); }
FOR_AVX2 void step_avx2(const Numbers& with, const Part& part) { step_of(with, part); }
#endif

void take_step(const Numbers& with, const Part& part) {
#if defined(__x86_64__)
    if (kernels::widest_unit() == kernels::Unit::avx512) return step_avx512(with, part);
    if (kernels::widest_unit() == kernels::Unit::avx2) return step_avx2(with, part);
#endif
    step_of(with, part);
}

double square_sum(const float* values, int64_t n) {
    constexpr int64_t lanes = 8;
    double sums[lanes] = {};
    int64_t i = 0;
    for (; i + lanes <= n; i += lanes)
        for (int64_t k = 0; k < lanes; k++) sums[k] += static_cast<double>(values[i + k]) * values[i + k];
    for (; i < n; i++) sums[0] += static_cast<double>(values[i]) * values[i];
    double total = 0;
    for (double sum : sums) total += sum;
    return total;
}

constexpr int64_t part_size = 8192;

void check(const Tensor& t, const Tensor& weight, const char* what) {
    TORCH_CHECK(t.scalar_type() == at::kFloat && t.device().is_cpu() && t.is_non_overlapping_and_dense(), what, " must be dense float32 on the CPU");
    TORCH_CHECK(t.sizes() == weight.sizes() && t.strides() == weight.strides(), what, " must lie in memory as the weight does");
}

// Gradients lie as their weights do: almost always as they are.
Tensor gradient_of(const Tensor& weight) {
    const Tensor& gradient = weight.grad();
    if (!gradient.defined() || (gradient.sizes() == weight.sizes() && gradient.strides() == weight.strides() && gradient.scalar_type() == at::kFloat)) return gradient;
    return at::empty_like(weight).copy_(gradient);
}

}  // namespace

// The Euclidean norm of the gradients of `count` weights, as one vector; weights without a gradient are left out.
KERNEL_API int32_t kernels_gradient_norm(const void* const* weights, int64_t count, double* norm) {
    return kernels::guarded([&] {
        RECORD_FUNCTION("diffusion::gradient_norm", {});
        const at::NoGradGuard off;
        std::vector<Tensor> gradients;
        std::vector<std::pair<const float*, int64_t>> parts;
        for (int64_t k = 0; k < count; k++) {
            check(tensor(weights[k]), tensor(weights[k]), "a weight");
            auto gradient = gradient_of(tensor(weights[k]));
            if (!gradient.defined()) continue;
            const float* values = gradient.data_ptr<float>();
            for (int64_t at = 0; at < gradient.numel(); at += part_size) parts.emplace_back(values + at, std::min(part_size, gradient.numel() - at));
            gradients.push_back(std::move(gradient));
        }
        std::vector<double> sums(parts.size());
        at::parallel_for(0, static_cast<int64_t>(parts.size()), 1, [&](int64_t begin, int64_t end) {
            for (int64_t k = begin; k < end; k++) sums[k] = square_sum(parts[k].first, parts[k].second);
        });
        double total = 0;
        for (double sum : sums) total += sum;
        *norm = std::sqrt(total);
    });
}

// One step of AdamW with the weights' gradients, and of the averages after it; all four lists have `count` tensors.
KERNEL_API int32_t kernels_weight_step(const void* const* weights, const void* const* first, const void* const* second, const void* const* averages,
                                       int64_t count, const Step* step) {
    return kernels::guarded([&] {
        RECORD_FUNCTION("diffusion::weight_step", {});
        const at::NoGradGuard off;
        const Numbers with(*step);
        std::vector<Tensor> gradients;
        std::vector<Part> parts;
        for (int64_t k = 0; k < count; k++) {
            const Tensor &weight = tensor(weights[k]), &m = tensor(first[k]), &v = tensor(second[k]), &average = tensor(averages[k]);
            check(weight, weight, "a weight");
            check(m, weight, "a first moment");
            check(v, weight, "a second moment");
            check(average, weight, "an average");
            auto gradient = gradient_of(weight);
            const float* g = gradient.defined() ? gradient.data_ptr<float>() : nullptr;
            float *w = weight.data_ptr<float>(), *of_m = m.data_ptr<float>(), *of_v = v.data_ptr<float>(), *of_average = average.data_ptr<float>();
            for (int64_t at = 0; at < weight.numel(); at += part_size)
                parts.push_back({g ? g + at : nullptr, w + at, of_m + at, of_v + at, of_average + at, std::min(part_size, weight.numel() - at)});
            gradients.push_back(std::move(gradient));
        }
        at::parallel_for(0, static_cast<int64_t>(parts.size()), 1, [&](int64_t begin, int64_t end) {
            for (int64_t k = begin; k < end; k++) take_step(with, parts[k]);
        });
        // whoever keeps something made of these values goes by their versions
        for (auto* list : {weights, first, second, averages})
            for (int64_t k = 0; k < count; k++) tensor(list[k]).unsafeGetTensorImpl()->bump_version();
    });
}

// The weights have no gradient any more.
KERNEL_API int32_t kernels_forget_gradients(const void* const* weights, int64_t count) {
    return kernels::guarded([&] {
        for (int64_t k = 0; k < count; k++) tensor(weights[k]).mutable_grad().reset();
    });
}

// The loops, compiled once for each kind of vector unit; the loader picks by what the processor has.
#include "norm_activation.h"

#include <cmath>
#include <cstring>

#if defined(__x86_64__)
#define EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define EACH_PROCESSOR
#endif
#define INLINE __attribute__((always_inline)) inline

namespace kernels {
namespace {

// e^v to 2 ulp by range reduction and a polynomial: unlike expf it has no branch, so loops over it become vector code.
// Beyond +-60 it stays what it is there. A wider range would be no better in a sigmoid, and slow: compilers work out both ways
// of the bound for every lane, and next to e^-87 most products are denormal, which costs the processor a hundred cycles each.
INLINE float exponential(float v) {
    constexpr float log2e = 1.44269504088896341f;
    constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    constexpr float round = 12582912.0f;  // 1.5 * 2^23: adding it rounds to the nearest integer
    v = v < -60.0f ? -60.0f : v;
    v = v > 60.0f ? 60.0f : v;
    float shifted = v * log2e + round;
    float n = shifted - round;
    float r = (v - n * ln2_high) - n * ln2_low;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    int32_t bits;
    std::memcpy(&bits, &shifted, sizeof bits);
    bits = (bits << 23) + 0x3f800000;  // the integer stands in the low bits of the shifted number
    float power;
    std::memcpy(&power, &bits, sizeof power);
    return p * power;
}

INLINE float sigmoid(float z) { return 1.0f / (1.0f + exponential(-z)); }

// Sums run in so many lanes, which makes vector code of them and keeps more digits than one running sum; their number does
// not depend on the processor, so that its results do not either, up to the rounding of fused multiplications.
constexpr int64_t lanes = 16;

struct Lanes {
    float of[lanes] = {};
};

INLINE double total(const Lanes& sums) {
    double result = 0;
    for (float value : sums.of) result += value;
    return result;
}

// what a channel's norm and modulation come to: z = (x - mean) factor + offset. The difference is taken first: where the
// mean is far from 0, x factor and mean factor would be two large numbers that are nearly the same.
struct Line {
    float factor, offset;
};

INLINE Line line_of(const NormParameters& with, int64_t channel, float rstd) {
    const float scale = with.scale ? 1.0f + with.scale[channel] : 1.0f;
    return {rstd * with.weight[channel] * scale, with.bias[channel] * scale + (with.shift ? with.shift[channel] : 0.0f)};
}

}  // namespace

EACH_PROCESSOR
void norm_forward(const NormShape& shape, const NormParameters& with, const float* __restrict x, float* __restrict y, float* mean, float* rstd) {
    const int64_t count = shape.channels * shape.pixels, even = count - count % lanes;
    Lanes sums;
    for (int64_t k = 0; k < even; k += lanes)
        for (int64_t j = 0; j < lanes; j++) sums.of[j] += x[k + j];
    for (int64_t k = even; k < count; k++) sums.of[0] += x[k];
    const float center = static_cast<float>(total(sums) / static_cast<double>(count));

    // around the mean, in a second pass: the difference of two large sums would lose digits
    Lanes squares;
    for (int64_t k = 0; k < even; k += lanes)
        for (int64_t j = 0; j < lanes; j++) squares.of[j] += (x[k + j] - center) * (x[k + j] - center);
    for (int64_t k = even; k < count; k++) squares.of[0] += (x[k] - center) * (x[k] - center);
    const float width = static_cast<float>(1.0 / std::sqrt(total(squares) / static_cast<double>(count) + shape.epsilon));

    for (int64_t c = 0; c < shape.channels; c++) {
        const auto [factor, offset] = line_of(with, c, width);
        const float* __restrict from = x + c * shape.pixels;
        float* __restrict to = y + c * shape.pixels;
        if (shape.activate) {
            for (int64_t p = 0; p < shape.pixels; p++) {
                const float z = (from[p] - center) * factor + offset;
                to[p] = z * sigmoid(z);
            }
        } else {
            for (int64_t p = 0; p < shape.pixels; p++) to[p] = (from[p] - center) * factor + offset;
        }
    }
    *mean = center;
    *rstd = width;
}

EACH_PROCESSOR
void norm_backward(const NormShape& shape, const NormParameters& with, const float* __restrict x, float mean, float rstd,
                   const float* __restrict y_gradient, float* __restrict x_gradient, float* sum, float* product_sum) {
    const int64_t even = shape.pixels - shape.pixels % lanes;
    double first = 0, second = 0;
    for (int64_t c = 0; c < shape.channels; c++) {
        const auto [factor, offset] = line_of(with, c, rstd);
        const float* __restrict from = x + c * shape.pixels;
        const float* __restrict dy = y_gradient + c * shape.pixels;
        float* __restrict dz = x_gradient + c * shape.pixels;  // kept where the result will be
        if (shape.activate) {
            for (int64_t p = 0; p < shape.pixels; p++) {
                const float z = (from[p] - mean) * factor + offset;
                const float s = sigmoid(z);
                dz[p] = dy[p] * (s * (1.0f + z * (1.0f - s)));
            }
        } else {
            std::memcpy(dz, dy, static_cast<size_t>(shape.pixels) * sizeof(float));
        }
        Lanes sums, products;
        for (int64_t k = 0; k < even; k += lanes)
            for (int64_t j = 0; j < lanes; j++) {
                sums.of[j] += dz[k + j];
                products.of[j] += dz[k + j] * (from[k + j] - mean);
            }
        for (int64_t k = even; k < shape.pixels; k++) {
            sums.of[0] += dz[k];
            products.of[0] += dz[k] * (from[k] - mean);
        }
        const double all = total(sums), product = total(products) * rstd;
        const double weight = static_cast<double>(with.weight[c]) * (with.scale ? 1.0f + with.scale[c] : 1.0f);
        first += weight * all;
        second += weight * product;
        sum[c] = static_cast<float>(all);
        product_sum[c] = static_cast<float>(product);
    }
    // dx = factor dz - rstd (mean of w dz + xhat mean of w dz xhat), with w the weight of the modulated channel
    const double count = static_cast<double>(shape.channels * shape.pixels);
    const float constant = static_cast<float>(rstd * first / count);
    const float slope = static_cast<float>(static_cast<double>(rstd) * rstd * second / count);
    for (int64_t c = 0; c < shape.channels; c++) {
        const float factor = line_of(with, c, rstd).factor;
        const float* __restrict from = x + c * shape.pixels;
        float* __restrict dx = x_gradient + c * shape.pixels;
        for (int64_t p = 0; p < shape.pixels; p++) dx[p] = dx[p] * factor - (from[p] - mean) * slope - constant;
    }
}

}  // namespace kernels

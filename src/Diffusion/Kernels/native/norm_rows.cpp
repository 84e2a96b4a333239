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

// what a channel's norm and modulation come to: z = (x - center) factor + offset. The difference is taken first: where the
// mean is far from 0, x factor and center factor would be two large numbers that are nearly the same.
INLINE void line_of(const NormShape& shape, const NormParameters& with, const float* mean, const float* rstd,
                    float* center, float* factor, float* offset) {
    const int64_t size = shape.channels / shape.groups;
    for (int64_t g = 0; g < shape.groups; g++)
        for (int64_t k = 0; k < size; k++) {
            const int64_t c = g * size + k;
            const float scale = with.scale ? 1.0f + with.scale[c] : 1.0f;
            center[c] = mean[g];
            factor[c] = rstd[g] * with.weight[c] * scale;
            offset[c] = with.bias[c] * scale + (with.shift ? with.shift[c] : 0.0f);
        }
}

// the mean over a group of what was summed up for its channels
INLINE double group_mean(const float* sums, int64_t first, int64_t size, int64_t pixels) {
    double total = 0;
    for (int64_t k = 0; k < size; k++) total += sums[first + k];
    return total / static_cast<double>(size * pixels);
}

}  // namespace

EACH_PROCESSOR
void norm_forward(const NormShape& shape, const NormParameters& with, const float* __restrict x, float* __restrict y,
                  float* __restrict mean, float* __restrict rstd, float* __restrict scratch) {
    const int64_t n = shape.channels, size = n / shape.groups, even = shape.pixels - shape.pixels % 2;
    float* __restrict sums = scratch;
    float* __restrict center = scratch + n;
    float* __restrict offset = scratch + 2 * n;
    // from the first pixel on: sums of what differs stay small, and so does what they lose to rounding
    for (int64_t c = 0; c < n; c++) {
        sums[c] = 0;
        center[c] = x[c];
    }
    for (int64_t p = 0; p < even; p += 2) {
        const float* row = x + p * shape.stride;
        const float* next = row + shape.stride;
        for (int64_t c = 0; c < n; c++) sums[c] += (row[c] - center[c]) + (next[c] - center[c]);
    }
    for (int64_t p = even; p < shape.pixels; p++)
        for (int64_t c = 0; c < n; c++) sums[c] += x[p * shape.stride + c] - center[c];
    for (int64_t g = 0; g < shape.groups; g++) {
        double first = 0;
        for (int64_t k = 0; k < size; k++) first += center[g * size + k];
        mean[g] = static_cast<float>(first / static_cast<double>(size) + group_mean(sums, g * size, size, shape.pixels));
    }
    for (int64_t g = 0; g < shape.groups; g++)
        for (int64_t k = 0; k < size; k++) center[g * size + k] = mean[g];
    // around the mean, in a second pass: the difference of two large sums would lose digits
    for (int64_t c = 0; c < n; c++) sums[c] = 0;
    for (int64_t p = 0; p < even; p += 2) {
        const float* row = x + p * shape.stride;
        const float* next = row + shape.stride;
        for (int64_t c = 0; c < n; c++) {
            const float a = row[c] - center[c], b = next[c] - center[c];
            sums[c] += a * a + b * b;
        }
    }
    for (int64_t p = even; p < shape.pixels; p++)
        for (int64_t c = 0; c < n; c++) {
            const float a = x[p * shape.stride + c] - center[c];
            sums[c] += a * a;
        }
    for (int64_t g = 0; g < shape.groups; g++)
        rstd[g] = static_cast<float>(1.0 / std::sqrt(group_mean(sums, g * size, size, shape.pixels) + shape.epsilon));

    float* __restrict factor = scratch;
    line_of(shape, with, mean, rstd, center, factor, offset);
    for (int64_t p = 0; p < shape.pixels; p++) {
        const float* __restrict row = x + p * shape.stride;
        float* __restrict out = y + p * shape.stride;
        if (shape.activate) {
            for (int64_t c = 0; c < n; c++) {
                const float z = (row[c] - center[c]) * factor[c] + offset[c];
                out[c] = z * sigmoid(z);
            }
        } else {
            for (int64_t c = 0; c < n; c++) out[c] = (row[c] - center[c]) * factor[c] + offset[c];
        }
    }
}

EACH_PROCESSOR
void norm_backward(const NormShape& shape, const NormParameters& with, const float* __restrict x, const float* __restrict mean,
                   const float* __restrict rstd, const float* __restrict y_gradient, float* __restrict x_gradient,
                   float* __restrict sum, float* __restrict product_sum, float* __restrict scratch) {
    const int64_t n = shape.channels, size = n / shape.groups;
    float* __restrict factor = scratch;
    float* __restrict offset = scratch + n;
    float* __restrict center = scratch + 2 * n;
    float* __restrict width = scratch + 3 * n;
    line_of(shape, with, mean, rstd, center, factor, offset);
    for (int64_t c = 0; c < n; c++) sum[c] = product_sum[c] = 0;
    for (int64_t p = 0; p < shape.pixels; p++) {
        const float* __restrict row = x + p * shape.stride;
        const float* __restrict dy = y_gradient + p * shape.stride;
        float* __restrict dz = x_gradient + p * shape.stride;  // kept where the result will be
        if (shape.activate) {
            for (int64_t c = 0; c < n; c++) {
                const float z = (row[c] - center[c]) * factor[c] + offset[c];
                const float s = sigmoid(z);
                dz[c] = dy[c] * (s * (1.0f + z * (1.0f - s)));
            }
        } else {
            for (int64_t c = 0; c < n; c++) dz[c] = dy[c];
        }
        for (int64_t c = 0; c < n; c++) {
            sum[c] += dz[c];
            product_sum[c] += dz[c] * (row[c] - center[c]);
        }
    }
    // dx = factor dz - rstd (mean of w dz + xhat mean of w dz xhat), with w the weight of the modulated channel
    for (int64_t g = 0; g < shape.groups; g++) {
        double first = 0, second = 0;
        for (int64_t k = 0; k < size; k++) {
            const int64_t c = g * size + k;
            product_sum[c] *= rstd[g];
            const double w = with.weight[c] * (with.scale ? 1.0f + with.scale[c] : 1.0f);
            first += w * sum[c];
            second += w * product_sum[c];
        }
        const double count = static_cast<double>(size * shape.pixels);
        for (int64_t k = 0; k < size; k++) {
            offset[g * size + k] = static_cast<float>(rstd[g] * first / count);
            width[g * size + k] = static_cast<float>(static_cast<double>(rstd[g]) * rstd[g] * second / count);
        }
    }
    for (int64_t p = 0; p < shape.pixels; p++) {
        const float* __restrict row = x + p * shape.stride;
        float* __restrict dx = x_gradient + p * shape.stride;
        for (int64_t c = 0; c < n; c++) dx[c] = dx[c] * factor[c] - (row[c] - center[c]) * width[c] - offset[c];
    }
}

}  // namespace kernels

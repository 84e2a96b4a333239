#include "weight_gradient.h"

#include "scratch.h"
#include "winograd.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <algorithm>

namespace kernels {
namespace {

// Terms of the sum (tiles, pixels) that are laid out at a time: as few as the cache holds, and enough that the sums are seldom fetched.
constexpr int64_t chunk = 256;
// Rows of a product that go from one part of the cache to the other: two panels of so many rows are half of the nearest part.
constexpr int64_t stretch = 128;

// into[o][i] += sum over rows of b[row][o] a[row][i], for the panels [begin, end) of b
void add_products(const float* a, const float* b, int64_t rows, int64_t from, int64_t to, int64_t begin, int64_t end, float* into, Unit unit) {
    for (int64_t o = begin; o < end; o++)
        for (int64_t i = 0; i < panels(from); i++)
            for (int64_t first = 0; first < rows; first += stretch)
                accumulate(b + (o * chunk + first) * panel_width, a + (i * chunk + first) * panel_width, into + (o * from + i) * panel_width,
                    std::min(stretch, rows - first), panel_of(to, o * panel_width), panel_of(from, i * panel_width), from, unit);
}

// sum[o] += sum over rows of b[row][o]
void add_rows(const float* b, int64_t rows, int64_t to, float* sum) {
    for (int64_t o = 0; o < panels(to); o++) {
        float part[panel_width] = {};
        const float* row = b + o * chunk * panel_width;
        const int64_t width = panel_of(to, o * panel_width);
        for (int64_t r = 0; r < rows; r++, row += panel_width)
            for (int64_t n = 0; n < width; n++) part[n] += row[n];
        for (int64_t n = 0; n < width; n++) sum[o * panel_width + n] += part[n];
    }
}

void lay_out(const float* rows, int64_t channels, int64_t first, int64_t count, float* out) {
    for (int64_t p = 0; p < panels(channels); p++)
        for (int64_t r = first; r < first + count; r++)
            std::copy_n(rows + r * channels + p * panel_width, panel_of(channels, p * panel_width), out + (p * chunk + r) * panel_width);
}

// body(first, count) of a chunk's terms, over all threads
template <typename Body>
void each_terms(int64_t count, Body&& body) {
    constexpr int64_t grain = 32;
    at::parallel_for(0, (count + grain - 1) / grain, 1, [&](int64_t begin, int64_t end) { body(begin * grain, std::min(count, end * grain) - begin * grain); });
}

void of_pixels(const ConvShape& shape, const float* x, const float* dy, float* weight, float* bias, Unit unit) {
    const int64_t pixels = shape.images * shape.height * shape.width;
    float *a = scratch((panels(shape.from) + panels(shape.to)) * chunk * panel_width), *b = a + panels(shape.from) * chunk * panel_width;
    std::fill_n(weight, shape.from * shape.to, 0.0f);
    for (int64_t first = 0; first < pixels; first += chunk) {
        const int64_t count = std::min(chunk, pixels - first);
        each_terms(count, [&](int64_t from, int64_t some) {
            lay_out(x + first * shape.from, shape.from, from, some, a);
            lay_out(dy + first * shape.to, shape.to, from, some, b);
        });
        at::parallel_for(0, panels(shape.to), 1, [&](int64_t begin, int64_t end) {
            add_products(a, b, count, shape.from, shape.to, begin, end, weight, unit);
            if (begin == 0) add_rows(b, count, shape.to, bias);
        });
    }
}

void of_tiles(const ConvShape& shape, const float* x, const float* dy, float* weight, float* bias, Unit unit) {
    const Layout inputs = Layout::panelled(chunk, shape.from), outputs = Layout::panelled(chunk, shape.to);
    const int64_t most = std::max(shape.from, shape.to), products = shape.from * shape.to, of_products = panels(shape.to);
    float *zeros = scratch(most + 16 * (inputs.apart + outputs.apart + products)), *sums = zeros + most;
    float *a = sums + 16 * products, *b = a + 16 * inputs.apart;
    std::fill_n(zeros, most + 16 * products, 0.0f);
    // of the transformed gradient, this matrix is the sum of the tile's pixels
    constexpr int64_t whole = 5;
    for (int64_t first = 0; first < shape.tiles(); first += chunk) {
        const int64_t count = std::min(chunk, shape.tiles() - first);
        each_terms(count, [&](int64_t from, int64_t some) {
            winograd_input(shape, x, zeros, first + from, some, a + from * inputs.row, inputs, unit);
            winograd_gradient(shape, dy, zeros, first + from, some, b + from * outputs.row, outputs, unit);
        });
        at::parallel_for(0, 16 * of_products, 1, [&](int64_t begin, int64_t end) {
            for (int64_t p = begin; p < end; p++) {
                const int64_t k = p / of_products, panel = p % of_products;
                add_products(a + k * inputs.apart, b + k * outputs.apart, count, shape.from, shape.to, panel, panel + 1, sums + k * products, unit);
                if (p == whole * of_products) add_rows(b + k * outputs.apart, count, shape.to, bias);
            }
        });
    }
    at::parallel_for(0, shape.to, 16, [&](int64_t begin, int64_t end) { winograd_weight_gradient(sums, shape.from, shape.to, begin, end, weight, unit); });
}

}  // namespace

WeightGradient weight_gradient(const at::Tensor& x, const at::Tensor& dy, int64_t kernel, Unit unit) {
    const ConvShape shape{x.size(0), x.size(2), x.size(3), x.size(1), dy.size(1)};
    WeightGradient result{at::empty({shape.to, shape.from, kernel, kernel}, x.options().requires_grad(false)), at::zeros({shape.to}, x.options().requires_grad(false))};
    (kernel == 1 ? of_pixels : of_tiles)(shape, x.data_ptr<float>(), dy.data_ptr<float>(), result.weight.data_ptr<float>(), result.bias.data_ptr<float>(), unit);
    return result;
}

}  // namespace kernels

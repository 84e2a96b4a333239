#include "winograd.h"

#include <cstring>

namespace kernels {
namespace {

// B^T d B of one tile: `pixel` are its 4x4, row by row
template <int Lanes>
INLINE void transform_input(const float* const* pixel, int64_t channels, float* __restrict out, const Layout& layout) {
    using V = typename Vector<Lanes>::type;
    for (int64_t c = 0; c < channels; c += Lanes) {
        V rows[4][4];
#pragma GCC unroll 4
        for (int x = 0; x < 4; x++) {
            const V d0 = *reinterpret_cast<const V*>(pixel[x] + c), d1 = *reinterpret_cast<const V*>(pixel[4 + x] + c);
            const V d2 = *reinterpret_cast<const V*>(pixel[8 + x] + c), d3 = *reinterpret_cast<const V*>(pixel[12 + x] + c);
            rows[0][x] = d0 - d2;
            rows[1][x] = d1 + d2;
            rows[2][x] = d2 - d1;
            rows[3][x] = d1 - d3;
        }
#pragma GCC unroll 4
        for (int y = 0; y < 4; y++) {
            float* at = out + 4 * y * layout.apart + c / panel_width * layout.panel + c % panel_width;
            *reinterpret_cast<V*>(at) = rows[y][0] - rows[y][2];
            *reinterpret_cast<V*>(at + layout.apart) = rows[y][1] + rows[y][2];
            *reinterpret_cast<V*>(at + 2 * layout.apart) = rows[y][2] - rows[y][1];
            *reinterpret_cast<V*>(at + 3 * layout.apart) = rows[y][1] - rows[y][3];
        }
    }
}

// A d A^T of the 2x2 pixels of one tile
template <int Lanes>
INLINE void transform_gradient(const float* const* pixel, int64_t channels, float* __restrict out, const Layout& layout) {
    using V = typename Vector<Lanes>::type;
    for (int64_t c = 0; c < channels; c += Lanes) {
        V rows[4][2];
#pragma GCC unroll 2
        for (int x = 0; x < 2; x++) {
            const V d0 = *reinterpret_cast<const V*>(pixel[x] + c), d1 = *reinterpret_cast<const V*>(pixel[2 + x] + c);
            rows[0][x] = d0;
            rows[1][x] = d0 + d1;
            rows[2][x] = d0 - d1;
            rows[3][x] = -d1;
        }
#pragma GCC unroll 4
        for (int y = 0; y < 4; y++) {
            float* at = out + 4 * y * layout.apart + c / panel_width * layout.panel + c % panel_width;
            *reinterpret_cast<V*>(at) = rows[y][0];
            *reinterpret_cast<V*>(at + layout.apart) = rows[y][0] + rows[y][1];
            *reinterpret_cast<V*>(at + 2 * layout.apart) = rows[y][0] - rows[y][1];
            *reinterpret_cast<V*>(at + 3 * layout.apart) = -rows[y][1];
        }
    }
}

// A^T m A of one tile into its 2x2 pixels; those that lie outside are null
template <int Lanes>
INLINE void transform_output(const float* __restrict m, int64_t apart, int64_t channels, const float* bias, const float* const* added, float* const* pixel) {
    using V = typename Vector<Lanes>::type;
    for (int64_t c = 0; c < channels; c += Lanes) {
        V rows[2][4];
#pragma GCC unroll 4
        for (int x = 0; x < 4; x++) {
            const float* at = m + x * apart + c;
            const V m0 = *reinterpret_cast<const V*>(at), m1 = *reinterpret_cast<const V*>(at + 4 * apart);
            const V m2 = *reinterpret_cast<const V*>(at + 8 * apart), m3 = *reinterpret_cast<const V*>(at + 12 * apart);
            rows[0][x] = m0 + m1 + m2;
            rows[1][x] = m1 - m2 - m3;
        }
        const V offset = bias ? *reinterpret_cast<const V*>(bias + c) : V{};
#pragma GCC unroll 2
        for (int y = 0; y < 2; y++) {
            V values[2] = {rows[y][0] + rows[y][1] + rows[y][2] + offset, rows[y][1] - rows[y][2] - rows[y][3] + offset};
#pragma GCC unroll 2
            for (int x = 0; x < 2; x++) {
                if (!pixel[2 * y + x]) continue;
                if (added[2 * y + x]) values[x] += *reinterpret_cast<const V*>(added[2 * y + x] + c);
                *reinterpret_cast<V*>(pixel[2 * y + x] + c) = values[x];
            }
        }
    }
}

struct Place {
    int64_t image, y, x;

    Place(const ConvShape& shape, int64_t tile)
        : image(tile / (shape.down() * shape.across())), y(tile / shape.across() % shape.down() * 2), x(tile % shape.across() * 2) {}

    // of the channels of a pixel; null outside of the image
    template <typename Value>
    Value* at(Value* images, const ConvShape& shape, int64_t channels, int64_t down, int64_t right) const {
        const int64_t row = y + down, column = x + right;
        if (!images || row < 0 || column < 0 || row >= shape.height || column >= shape.width) return nullptr;
        return images + ((image * shape.height + row) * shape.width + column) * channels;
    }
};

template <int Lanes>
INLINE void inputs(const ConvShape& shape, const float* x, const float* zeros, int64_t first, int64_t count, float* out, const Layout& layout) {
    for (int64_t t = 0; t < count; t++) {
        const Place place(shape, first + t);
        const float* pixel[16];
        for (int k = 0; k < 16; k++) {
            pixel[k] = place.at(x, shape, shape.from, k / 4 - 1, k % 4 - 1);
            if (!pixel[k]) pixel[k] = zeros;
        }
        transform_input<Lanes>(pixel, shape.from, out + t * layout.row, layout);
    }
}

template <int Lanes>
INLINE void gradients(const ConvShape& shape, const float* dy, const float* zeros, int64_t first, int64_t count, float* out, const Layout& layout) {
    for (int64_t t = 0; t < count; t++) {
        const Place place(shape, first + t);
        const float* pixel[4];
        for (int k = 0; k < 4; k++) {
            pixel[k] = place.at(dy, shape, shape.to, k / 2, k % 2);
            if (!pixel[k]) pixel[k] = zeros;
        }
        transform_gradient<Lanes>(pixel, shape.to, out + t * layout.row, layout);
    }
}

// G^T u G
template <int Lanes>
INLINE void weight_gradients(const float* transformed, int64_t from, int64_t to, int64_t first, int64_t end, float* gradient) {
    using V = typename Vector<Lanes>::type;
    for (int64_t o = first; o < end; o++)
        for (int64_t i = 0; i < from; i += Lanes) {
            V rows[3][4];
#pragma GCC unroll 4
            for (int x = 0; x < 4; x++) {
                const float* at = transformed + (x * to + o) * from + i;
                const int64_t down = 4 * to * from;
                const V u0 = *reinterpret_cast<const V*>(at), u1 = *reinterpret_cast<const V*>(at + down);
                const V u2 = *reinterpret_cast<const V*>(at + 2 * down), u3 = *reinterpret_cast<const V*>(at + 3 * down);
                rows[0][x] = u0 + 0.5f * (u1 + u2);
                rows[1][x] = 0.5f * (u1 - u2);
                rows[2][x] = 0.5f * (u1 + u2) + u3;
            }
            alignas(64) float g[9][Lanes];
#pragma GCC unroll 3
            for (int y = 0; y < 3; y++) {
                *reinterpret_cast<V*>(g[3 * y]) = rows[y][0] + 0.5f * (rows[y][1] + rows[y][2]);
                *reinterpret_cast<V*>(g[3 * y + 1]) = 0.5f * (rows[y][1] - rows[y][2]);
                *reinterpret_cast<V*>(g[3 * y + 2]) = 0.5f * (rows[y][1] + rows[y][2]) + rows[y][3];
            }
            float* out = gradient + (o * from + i) * 9;
            for (int lane = 0; lane < Lanes; lane++)
                for (int k = 0; k < 9; k++) out[lane * 9 + k] = g[k][lane];
        }
}

template <int Lanes>
INLINE void outputs(const ConvShape& shape, const float* m, const float* bias, const float* added, float* y, int64_t first, int64_t count) {
    for (int64_t t = 0; t < count; t++) {
        const Place place(shape, first + t);
        float* pixel[4];
        const float* extra[4];
        for (int k = 0; k < 4; k++) {
            pixel[k] = place.at(y, shape, shape.to, k / 2, k % 2);
            extra[k] = place.at(added, shape, shape.to, k / 2, k % 2);
        }
        transform_output<Lanes>(m + t * shape.to, matrix(count, shape.to), shape.to, bias, extra, pixel);
    }
}

#if defined(__x86_64__)
FOR_AVX512 void inputs_avx512(const ConvShape& s, const float* x, const float* z, int64_t first, int64_t count, float* out, const Layout& l) { inputs<16>(s, x, z, first, count, out, l); }
FOR_AVX2 void inputs_avx2(const ConvShape& s, const float* x, const float* z, int64_t first, int64_t count, float* out, const Layout& l) { inputs<8>(s, x, z, first, count, out, l); }
FOR_AVX512 void outputs_avx512(const ConvShape& s, const float* m, const float* bias, const float* added, float* y, int64_t first, int64_t count) { outputs<16>(s, m, bias, added, y, first, count); }
FOR_AVX2 void outputs_avx2(const ConvShape& s, const float* m, const float* bias, const float* added, float* y, int64_t first, int64_t count) { outputs<8>(s, m, bias, added, y, first, count); }
FOR_AVX512 void gradients_avx512(const ConvShape& s, const float* dy, const float* z, int64_t first, int64_t count, float* out, const Layout& l) { gradients<16>(s, dy, z, first, count, out, l); }
FOR_AVX2 void gradients_avx2(const ConvShape& s, const float* dy, const float* z, int64_t first, int64_t count, float* out, const Layout& l) { gradients<8>(s, dy, z, first, count, out, l); }
FOR_AVX512 void weight_gradients_avx512(const float* u, int64_t from, int64_t to, int64_t first, int64_t end, float* g) { weight_gradients<16>(u, from, to, first, end, g); }
FOR_AVX2 void weight_gradients_avx2(const float* u, int64_t from, int64_t to, int64_t first, int64_t end, float* g) { weight_gradients<8>(u, from, to, first, end, g); }
#endif

constexpr int64_t pack_lanes = 16;

// G g G^T of so many weights at a time
void transform_weight(const Vector<pack_lanes>::type g[9], Vector<pack_lanes>::type* u) {
    for (int x = 0; x < 3; x++) {
        const auto ends = g[x] + g[6 + x];
        u[x] = g[x];
        u[4 + x] = 0.5f * (ends + g[3 + x]);
        u[8 + x] = 0.5f * (ends - g[3 + x]);
        u[12 + x] = g[6 + x];
    }
    for (int y = 0; y < 16; y += 4) {
        const auto first = u[y], middle = u[y + 1], last = u[y + 2];
        u[y + 1] = 0.5f * (first + last + middle);
        u[y + 2] = 0.5f * (first + last - middle);
        u[y + 3] = last;
    }
}

}  // namespace

void winograd_pack(const float* weight, const int64_t* strides, int64_t from, int64_t to, int64_t begin, int64_t end, float* packed) {
    for (int64_t o = begin; o < end; o += pack_lanes) {
        const int64_t first = o / panel_width * panel_width, width = panel_of(to, first);
        for (int64_t i = 0; i < from; i++) {
            Vector<pack_lanes>::type g[9], u[16];
            const float* at = weight + o * strides[0] + i * strides[1];
            for (int k = 0; k < 9; k++)
                for (int lane = 0; lane < pack_lanes; lane++) g[k][lane] = at[lane * strides[0] + k / 3 * strides[2] + k % 3 * strides[3]];
            transform_weight(g, u);
            float* out = packed + first * from + i * width + o - first;
            for (int k = 0; k < 16; k++) std::memcpy(out + k * from * to, &u[k], sizeof u[k]);
        }
    }
}

void winograd_input(const ConvShape& shape, const float* x, const float* zeros, int64_t first, int64_t count, float* out, const Layout& layout, Unit unit) {
#if defined(__x86_64__)
    if (unit == Unit::avx512) inputs_avx512(shape, x, zeros, first, count, out, layout);
    else if (unit == Unit::avx2) inputs_avx2(shape, x, zeros, first, count, out, layout);
#endif
}

void winograd_gradient(const ConvShape& shape, const float* dy, const float* zeros, int64_t first, int64_t count, float* out, const Layout& layout, Unit unit) {
#if defined(__x86_64__)
    if (unit == Unit::avx512) gradients_avx512(shape, dy, zeros, first, count, out, layout);
    else if (unit == Unit::avx2) gradients_avx2(shape, dy, zeros, first, count, out, layout);
#endif
}

void winograd_weight_gradient(const float* transformed, int64_t from, int64_t to, int64_t first, int64_t end, float* gradient, Unit unit) {
#if defined(__x86_64__)
    if (unit == Unit::avx512) weight_gradients_avx512(transformed, from, to, first, end, gradient);
    else if (unit == Unit::avx2) weight_gradients_avx2(transformed, from, to, first, end, gradient);
#endif
}

void winograd_tiles(const ConvShape& shape, const float* x, const float* packed, const float* bias, const float* added, float* y,
                    int64_t first, int64_t count, float* scratch, Unit unit) {
    float *zeros = scratch, *v = zeros + shape.from, *m = v + 16 * matrix(count, shape.from);
    for (int64_t c = 0; c < shape.from; c++) zeros[c] = 0;
    winograd_input(shape, x, zeros, first, count, v, Layout::dense(count, shape.from), unit);
    for (int64_t k = 0; k < 16; k++)
        multiply(v + k * matrix(count, shape.from), packed + k * shape.from * shape.to, m + k * matrix(count, shape.to), count, shape.from, shape.to, nullptr, nullptr, unit);
#if defined(__x86_64__)
    if (unit == Unit::avx512) outputs_avx512(shape, m, bias, added, y, first, count);
    else if (unit == Unit::avx2) outputs_avx2(shape, m, bias, added, y, first, count);
#endif
}

}  // namespace kernels

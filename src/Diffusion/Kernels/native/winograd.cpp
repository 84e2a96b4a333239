#include "winograd.h"

#include "products.h"

namespace kernels {
namespace {

// B^T d B of one tile: `pixel` are its 4x4, row by row
template <int Lanes>
INLINE void transform_input(const float* const* pixel, int64_t channels, float* __restrict out, int64_t apart) {
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
            float* at = out + 4 * y * apart + c;
            *reinterpret_cast<V*>(at) = rows[y][0] - rows[y][2];
            *reinterpret_cast<V*>(at + apart) = rows[y][1] + rows[y][2];
            *reinterpret_cast<V*>(at + 2 * apart) = rows[y][2] - rows[y][1];
            *reinterpret_cast<V*>(at + 3 * apart) = rows[y][1] - rows[y][3];
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
INLINE void inputs(const ConvShape& shape, const float* x, const float* zeros, int64_t first, int64_t count, float* out) {
    const int64_t apart = matrix(count, shape.from);
    for (int64_t t = 0; t < count; t++) {
        const Place place(shape, first + t);
        const float* pixel[16];
        for (int k = 0; k < 16; k++) {
            pixel[k] = place.at(x, shape, shape.from, k / 4 - 1, k % 4 - 1);
            if (!pixel[k]) pixel[k] = zeros;
        }
        transform_input<Lanes>(pixel, shape.from, out + t * shape.from, apart);
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
FOR_AVX512 void inputs_avx512(const ConvShape& s, const float* x, const float* z, int64_t first, int64_t count, float* out) { inputs<16>(s, x, z, first, count, out); }
FOR_AVX2 void inputs_avx2(const ConvShape& s, const float* x, const float* z, int64_t first, int64_t count, float* out) { inputs<8>(s, x, z, first, count, out); }
FOR_AVX512 void outputs_avx512(const ConvShape& s, const float* m, const float* bias, const float* added, float* y, int64_t first, int64_t count) { outputs<16>(s, m, bias, added, y, first, count); }
FOR_AVX2 void outputs_avx2(const ConvShape& s, const float* m, const float* bias, const float* added, float* y, int64_t first, int64_t count) { outputs<8>(s, m, bias, added, y, first, count); }
#endif

// G g G^T
void transform_weight(const float g[3][3], float* out) {
    float rows[4][3];
    for (int x = 0; x < 3; x++) {
        rows[0][x] = g[0][x];
        rows[1][x] = 0.5f * (g[0][x] + g[1][x] + g[2][x]);
        rows[2][x] = 0.5f * (g[0][x] - g[1][x] + g[2][x]);
        rows[3][x] = g[2][x];
    }
    for (int y = 0; y < 4; y++) {
        out[4 * y] = rows[y][0];
        out[4 * y + 1] = 0.5f * (rows[y][0] + rows[y][1] + rows[y][2]);
        out[4 * y + 2] = 0.5f * (rows[y][0] - rows[y][1] + rows[y][2]);
        out[4 * y + 3] = rows[y][2];
    }
}

}  // namespace

void winograd_pack(const float* weight, const int64_t* strides, int64_t from, int64_t to, float* packed) {
    for (int64_t o = 0; o < to; o++) {
        const int64_t first = o / panel_width * panel_width, width = panel_of(to, first);
        for (int64_t i = 0; i < from; i++) {
            float g[3][3], u[16];
            for (int y = 0; y < 3; y++)
                for (int x = 0; x < 3; x++)
                    g[y][x] = weight[o * strides[0] + i * strides[1] + y * strides[2] + x * strides[3]];
            transform_weight(g, u);
            for (int k = 0; k < 16; k++) packed[k * from * to + first * from + i * width + o - first] = u[k];
        }
    }
}

void winograd_tiles(const ConvShape& shape, const float* x, const float* packed, const float* bias, const float* added, float* y,
                    int64_t first, int64_t count, float* scratch, Unit unit) {
    float *zeros = scratch, *v = zeros + shape.from, *m = v + 16 * matrix(count, shape.from);
    for (int64_t c = 0; c < shape.from; c++) zeros[c] = 0;
#if defined(__x86_64__)
    if (unit == Unit::avx512) inputs_avx512(shape, x, zeros, first, count, v);
    else if (unit == Unit::avx2) inputs_avx2(shape, x, zeros, first, count, v);
#endif
    for (int64_t k = 0; k < 16; k++)
        multiply(v + k * matrix(count, shape.from), packed + k * shape.from * shape.to, m + k * matrix(count, shape.to), count, shape.from, shape.to, nullptr, nullptr, unit);
#if defined(__x86_64__)
    if (unit == Unit::avx512) outputs_avx512(shape, m, bias, added, y, first, count);
    else if (unit == Unit::avx2) outputs_avx2(shape, m, bias, added, y, first, count);
#endif
}

}  // namespace kernels

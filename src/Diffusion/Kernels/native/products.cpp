#include "products.h"

namespace kernels {
namespace {

// A block of Rows x (Columns vectors) of the result stays in registers while k runs.
template <int Lanes, int Rows, int Columns>
INLINE void block(const float* __restrict a, const float* __restrict b, float* __restrict c, int64_t inner, int64_t columns, int64_t width,
                  const float* __restrict bias, const float* __restrict added) {
    using V = typename Vector<Lanes>::type;
    V sums[Rows][Columns];
#pragma GCC unroll 16
    for (int r = 0; r < Rows; r++)
#pragma GCC unroll 4
        for (int n = 0; n < Columns; n++) sums[r][n] = V{};
    for (int64_t k = 0; k < inner; k++) {
        V row[Columns];
#pragma GCC unroll 4
        for (int n = 0; n < Columns; n++) row[n] = *reinterpret_cast<const V*>(b + k * width + n * Lanes);
#pragma GCC unroll 16
        for (int r = 0; r < Rows; r++) {
            const float value = a[r * inner + k];
#pragma GCC unroll 4
            for (int n = 0; n < Columns; n++) sums[r][n] += row[n] * value;
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < Rows; r++)
#pragma GCC unroll 4
        for (int n = 0; n < Columns; n++) {
            V sum = sums[r][n];
            if (bias) sum += *reinterpret_cast<const V*>(bias + n * Lanes);
            if (added) sum += *reinterpret_cast<const V*>(added + r * columns + n * Lanes);
            *reinterpret_cast<V*>(c + r * columns + n * Lanes) = sum;
        }
}

// With `fetch`, rows that are about to be read for the first time are asked for one block ahead.
template <int Lanes, int Rows, int Columns>
INLINE void all_rows(const float* a, const float* b, float* c, int64_t rows, int64_t inner, int64_t columns, int64_t width,
                     const float* bias, const float* added, bool fetch) {
    int64_t r = 0;
    for (; r + Rows <= rows; r += Rows) {
        if (fetch)
            for (int64_t k = 0; k < Rows * inner; k += 16) __builtin_prefetch(a + (r + Rows) * inner + k);
        block<Lanes, Rows, Columns>(a + r * inner, b, c + r * columns, inner, columns, width, bias, added ? added + r * columns : nullptr);
    }
    for (; r + 4 <= rows; r += 4)
        block<Lanes, 4, Columns>(a + r * inner, b, c + r * columns, inner, columns, width, bias, added ? added + r * columns : nullptr);
    for (; r < rows; r++)
        block<Lanes, 1, Columns>(a + r * inner, b, c + r * columns, inner, columns, width, bias, added ? added + r * columns : nullptr);
}

template <int Lanes, int Rows>
INLINE void product(const float* a, const float* b, float* c, int64_t rows, int64_t inner, int64_t columns, const float* bias, const float* added) {
    for (int64_t first = 0; first < columns; first += panel_width) {
        const int64_t width = panel_of(columns, first);
        const float* panel = b + first * inner;
        for (int64_t n = 0; n < width; n += 2 * Lanes) {
            const float *offsets = bias ? bias + first + n : nullptr, *more = added ? added + first + n : nullptr;
            float* result = c + first + n;
            if (n + 2 * Lanes <= width) all_rows<Lanes, Rows, 2>(a, panel + n, result, rows, inner, columns, width, offsets, more, first + n == 0);
            else all_rows<Lanes, Rows, 1>(a, panel + n, result, rows, inner, columns, width, offsets, more, first + n == 0);
        }
    }
}

template <int Lanes, int Rows>
INLINE void outer(const float* a, const float* b, float* c, int64_t rows, int64_t height, int64_t width, int64_t apart) {
    using V = typename Vector<Lanes>::type;
    for (int64_t i = 0; i < height; i += Rows)
        for (int64_t n = 0; n < width; n += 2 * Lanes) {
            // half a panel of one wide vector: its other half is multiplied in vain, and not kept
            const bool both = n + Lanes < width;
            V sums[Rows][2];
#pragma GCC unroll 8
            for (int k = 0; k < Rows; k++) sums[k][0] = sums[k][1] = V{};
            for (int64_t r = 0; r < rows; r++) {
                const float* row = b + r * panel_width + n;
                const V left = *reinterpret_cast<const V*>(row), right = *reinterpret_cast<const V*>(row + (both ? Lanes : 0));
#pragma GCC unroll 8
                for (int k = 0; k < Rows; k++) {
                    const float value = a[r * panel_width + i + k];
                    sums[k][0] += left * value;
                    sums[k][1] += right * value;
                }
            }
#pragma GCC unroll 8
            for (int k = 0; k < Rows; k++) {
                V* row = reinterpret_cast<V*>(c + (i + k) * apart + n);
                row[0] += sums[k][0];
                if (both) row[1] += sums[k][1];
            }
        }
}

#if defined(__x86_64__)
FOR_AVX512 void outer_avx512(const float* a, const float* b, float* c, int64_t rows, int64_t height, int64_t width, int64_t apart) {
    outer<16, 8>(a, b, c, rows, height, width, apart);
}

FOR_AVX2 void outer_avx2(const float* a, const float* b, float* c, int64_t rows, int64_t height, int64_t width, int64_t apart) {
    outer<8, 4>(a, b, c, rows, height, width, apart);
}

FOR_AVX512 void product_avx512(const float* a, const float* b, float* c, int64_t rows, int64_t inner, int64_t columns, const float* bias, const float* added) {
    product<16, 8>(a, b, c, rows, inner, columns, bias, added);
}

FOR_AVX2 void product_avx2(const float* a, const float* b, float* c, int64_t rows, int64_t inner, int64_t columns, const float* bias, const float* added) {
    product<8, 6>(a, b, c, rows, inner, columns, bias, added);
}
#endif

}  // namespace

void multiply(const float* a, const float* b, float* c, int64_t rows, int64_t inner, int64_t columns, const float* bias, const float* added, Unit unit) {
#if defined(__x86_64__)
    if (unit == Unit::avx512) product_avx512(a, b, c, rows, inner, columns, bias, added);
    else if (unit == Unit::avx2) product_avx2(a, b, c, rows, inner, columns, bias, added);
#endif
}

void accumulate(const float* a, const float* b, float* c, int64_t rows, int64_t height, int64_t width, int64_t apart, Unit unit) {
#if defined(__x86_64__)
    if (unit == Unit::avx512) outer_avx512(a, b, c, rows, height, width, apart);
    else if (unit == Unit::avx2) outer_avx2(a, b, c, rows, height, width, apart);
#endif
}

void pack(const float* b, int64_t column, int64_t row, float* packed, int64_t inner, int64_t columns) {
    for (int64_t first = 0; first < columns; first += panel_width) {
        const int64_t width = panel_of(columns, first);
        for (int64_t k = 0; k < inner; k++)
            for (int64_t n = 0; n < width; n++) packed[first * inner + k * width + n] = b[(first + n) * column + k * row];
    }
}

}  // namespace kernels

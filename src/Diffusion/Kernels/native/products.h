// Products of matrices: with weights that have been packed for them, and of two matrices over their rows.
#pragma once

#include "vectors.h"

#include <cstdint>

namespace kernels {

// Columns of a packed matrix stand together in panels of so many; the last panel has 16 or 32.
constexpr int64_t panel_width = 32;

// One row of `packed` holds, for one k, the columns of a panel: panel by panel, [inner][width].
inline int64_t panel_of(int64_t columns, int64_t first) { return columns - first < panel_width ? columns - first : panel_width; }

// c[r][n] = sum over k of a[r][k] b[k][n], + bias[n] and + added[r][n] where they are not null. b is packed; columns: a multiple
// of 16. Rows of a are `inner` floats apart, those of c and added `columns`. What a row gets does not depend on the others.
// unit: one that the processor has.
void multiply(const float* a, const float* b, float* c, int64_t rows, int64_t inner, int64_t columns, const float* bias, const float* added, Unit unit);

// From b[n][k], at n * column + k * row.
void pack(const float* b, int64_t column, int64_t row, float* packed, int64_t inner, int64_t columns);

// Matrices whose rows are the terms of a sum stand in panels too, [rows][panel_width], but the last panel is as wide as the others: rows
// that lay as far apart as there are channels, a power of two, would share their places in the cache.
inline int64_t panels(int64_t columns) { return (columns + panel_width - 1) / panel_width; }

// c[i][n] += sum over r of a[r][i] b[r][n]. a, b: one panel each, of which `height` and `width` columns are meant (16 or 32); rows of c
// are `apart` floats apart. unit: one that the processor has.
void accumulate(const float* a, const float* b, float* c, int64_t rows, int64_t height, int64_t width, int64_t apart, Unit unit);

}  // namespace kernels

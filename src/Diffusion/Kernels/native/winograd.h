// Convolutions of 3x3, stride 1, padding 1 by F(2x2, 3x3) of Lavin and Gray 2016: 16 multiplications make 4 outputs of 36.
#pragma once

#include "vectors.h"

#include <cstdint>

namespace kernels {

// Images in channels-last memory; channels: multiples of 16.
struct ConvShape {
    int64_t images, height, width, from, to;

    int64_t across() const { return (width + 1) / 2; }
    int64_t down() const { return (height + 1) / 2; }
    int64_t tiles() const { return images * down() * across(); }
};

// Floats of the transformed weights.
inline int64_t winograd_weights(int64_t from, int64_t to) { return 16 * from * to; }

// From one of the 16 matrices of so many tiles to the next: a cache line more than they need, since lines that lie a power of two apart
// would share their places in the cache.
inline int64_t matrix(int64_t tiles, int64_t channels) { return tiles * channels + 16; }

// Floats of scratch for so many tiles at a time.
inline int64_t winograd_scratch(const ConvShape& shape, int64_t tiles) { return 16 * (matrix(tiles, shape.from) + matrix(tiles, shape.to)) + shape.from; }

// weight: element (o, i, y, x) is at o * strides[0] + i * strides[1] + y * strides[2] + x * strides[3].
void winograd_pack(const float* weight, const int64_t* strides, int64_t from, int64_t to, float* packed);

// y of the tiles from `first` on. bias: null or [to]; added: null or of y's shape and layout, added to y. unit: one that the processor has.
// What a tile gives does not depend on the others.
void winograd_tiles(const ConvShape& shape, const float* x, const float* packed, const float* bias, const float* added, float* y,
                    int64_t first, int64_t count, float* scratch, Unit unit);

}  // namespace kernels

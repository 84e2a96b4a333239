// Convolutions of 3x3, stride 1, padding 1 by F(2x2, 3x3) of Lavin and Gray 2016: 16 multiplications make 4 outputs of 36.
#pragma once

#include "products.h"

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

// Where the transformed channels of tiles stand: channel c of tile t at t * row + c / panel_width * panel + c % panel_width of each of the
// 16 matrices, which begin `apart` floats from one another.
struct Layout {
    int64_t row, panel, apart;

    // [tiles][channels]
    static Layout dense(int64_t tiles, int64_t channels) { return {channels, panel_width, matrix(tiles, channels)}; }

    // as accumulate wants them
    static Layout panelled(int64_t tiles, int64_t channels) { return {panel_width, tiles * panel_width, panels(channels) * tiles * panel_width + 16}; }
};

// Floats of scratch for so many tiles at a time.
inline int64_t winograd_scratch(const ConvShape& shape, int64_t tiles) { return 16 * (matrix(tiles, shape.from) + matrix(tiles, shape.to)) + shape.from; }

// weight: element (o, i, y, x) is at o * strides[0] + i * strides[1] + y * strides[2] + x * strides[3]. Packs the outputs from `begin` to
// before `end`, multiples of 16.
void winograd_pack(const float* weight, const int64_t* strides, int64_t from, int64_t to, int64_t begin, int64_t end, float* packed);

// y of the tiles from `first` on. bias: null or [to]; added: null or of y's shape and layout, added to y. unit: one that the processor has.
// What a tile gives does not depend on the others.
void winograd_tiles(const ConvShape& shape, const float* x, const float* packed, const float* bias, const float* added, float* y,
                    int64_t first, int64_t count, float* scratch, Unit unit);

// The two factors of the gradient of the weights, of `count` tiles from `first` on: the transformed input (zeros: as many as there are
// channels) and the gradient of the result, taken back through the transform of the output.
void winograd_input(const ConvShape& shape, const float* x, const float* zeros, int64_t first, int64_t count, float* out, const Layout& layout, Unit unit);
void winograd_gradient(const ConvShape& shape, const float* dy, const float* zeros, int64_t first, int64_t count, float* out, const Layout& layout, Unit unit);

// gradient[o][i][3][3] from that of the transformed weights, [16][o][i], for outputs from `first` to before `end`.
void winograd_weight_gradient(const float* transformed, int64_t from, int64_t to, int64_t first, int64_t end, float* gradient, Unit unit);

}  // namespace kernels

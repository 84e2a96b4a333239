// Memory for the intermediate results of one operation.
#pragma once

#include <c10/util/Exception.h>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace kernels {

// Grows to what the largest operation of a thread needs, and stays for the next one; aligned to a cache line.
inline float* scratch(int64_t floats) {
    struct Free {
        void operator()(float* block) const { std::free(block); }
    };
    thread_local std::unique_ptr<float, Free> block;
    thread_local int64_t size = 0;
    if (size < floats) {
        const int64_t lines = (floats + 15) / 16;
        block.reset(static_cast<float*>(std::aligned_alloc(64, lines * 64)));
        size = block ? lines * 16 : 0;
        TORCH_CHECK(block, "not enough memory for ", lines * 64, " bytes");
    }
    return block.get();
}

}  // namespace kernels

// One source for each kind of vector unit: functions are written once over a vector type, and compiled for two processors.
#pragma once

#include <cstdint>

#define INLINE __attribute__((always_inline)) inline
#if defined(__x86_64__)
#define FOR_AVX512 __attribute__((target("arch=x86-64-v4")))
#define FOR_AVX2 __attribute__((target("arch=x86-64-v3")))
#endif

namespace kernels {

template <int Lanes>
struct Vector {
    typedef float type __attribute__((vector_size(Lanes * sizeof(float)), aligned(4), may_alias));
};

enum class Unit : int32_t { none, avx2, avx512 };

// The widest that this processor has; none also where these functions are compiled for no processor of its kind.
inline Unit widest_unit() {
#if defined(__x86_64__)
    static const Unit found = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd") ? Unit::avx512
        : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? Unit::avx2 : Unit::none;
    return found;
#else
    return Unit::none;
#endif
}

}  // namespace kernels

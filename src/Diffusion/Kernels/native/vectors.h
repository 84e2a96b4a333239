// One source for each kind of vector unit: functions are written once over a vector type, and compiled for three processors.
#pragma once

#include <cstdint>
#include <cstring>

#define INLINE __attribute__((always_inline)) inline
#if defined(__x86_64__)
#define FOR_V4 __attribute__((target("arch=x86-64-v4")))
#define FOR_V3 __attribute__((target("arch=x86-64-v3")))
#endif

namespace kernels {

template <int Lanes>
struct Vector {
    typedef float type __attribute__((vector_size(Lanes * sizeof(float)), aligned(4), may_alias));
};

enum class Unit { basic, v3, v4 };

inline Unit unit() {
#if defined(__x86_64__)
    static const Unit found = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd") ? Unit::v4
        : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? Unit::v3 : Unit::basic;
    return found;
#else
    return Unit::basic;
#endif
}

}  // namespace kernels

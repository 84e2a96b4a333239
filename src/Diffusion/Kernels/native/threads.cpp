// How many threads the operators of one thread are spread over.
#include "kernel_api.h"

#include <ATen/Parallel.h>
#include <omp.h>

// Of the calling thread alone. at::set_num_threads sets the number of all threads to come as well, throws the primitives of oneDNN away and
// makes the threads of another pool anew, which is too much between two passes. count: at least 1. 0: done.
KERNEL_API int32_t kernels_use_threads(int32_t count) {
    return kernels::guarded([&] {
        TORCH_CHECK(count > 0, "an operator needs a thread, got ", count);
        // a thread's first question makes libtorch set its number, which must not come later
        at::get_num_threads();
        omp_set_num_threads(count);
    });
}

// The process: threads, random generators, and one product held against float64 at start.
#include "abi.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <cmath>
#include <mutex>

using namespace dt;

namespace {

at::Generator& generator(void* handle) { return *static_cast<at::Generator*>(handle); }

}  // namespace

DT_API int32_t dt_set_threads(int32_t threads) {
    return guarded([&] { at::set_num_threads(threads); });
}

DT_API int32_t dt_get_threads() { return at::get_num_threads(); }

DT_API int32_t dt_set_interop_threads(int32_t threads) {
    return guarded([&] { at::set_num_interop_threads(threads); });
}

DT_API int32_t dt_get_interop_threads() { return static_cast<int32_t>(at::get_num_interop_threads()); }

// A BLAS that takes this CPU for another one has been seen to answer fast and wrong.
DT_API int32_t dt_check_product(double* largest_error) {
    return guarded([&] {
        constexpr int64_t n = 64;
        auto a = at::empty({n, n}, at::TensorOptions().dtype(at::kFloat));
        auto b = at::empty({n, n}, at::TensorOptions().dtype(at::kFloat));
        float* x = a.data_ptr<float>();
        float* y = b.data_ptr<float>();
        for (int64_t k = 0; k < n * n; k++) {
            x[k] = static_cast<float>(std::sin(0.37 * static_cast<double>(k)));
            y[k] = static_cast<float>(std::cos(0.11 * static_cast<double>(k) + 0.5));
        }
        auto product = at::mm(a, b);
        const float* z = product.data_ptr<float>();
        double worst = 0;
        for (int64_t r = 0; r < n; r++)
            for (int64_t c = 0; c < n; c++) {
                double sum = 0;
                for (int64_t k = 0; k < n; k++)
                    sum += static_cast<double>(x[r * n + k]) * static_cast<double>(y[k * n + c]);
                double error = std::abs(sum - static_cast<double>(z[r * n + c]));
                if (!(error <= worst)) worst = error;
            }
        *largest_error = worst;
    });
}

DT_API int32_t dt_new_generator(uint64_t seed, void** result) {
    return guarded([&] { *result = new at::Generator(at::detail::createCPUGenerator(seed)); });
}

DT_API int32_t dt_default_generator(void** result) {
    return guarded([&] { *result = new at::Generator(at::detail::getDefaultCPUGenerator()); });
}

DT_API void dt_free_generator(void* handle) { delete static_cast<at::Generator*>(handle); }

DT_API int32_t dt_generator_set_seed(void* handle, uint64_t seed) {
    return guarded([&] {
        std::lock_guard<std::mutex> lock(generator(handle).mutex());
        generator(handle).set_current_seed(seed);
    });
}

DT_API int32_t dt_generator_seed(void* handle, int32_t fresh, uint64_t* seed) {
    return guarded([&] {
        std::lock_guard<std::mutex> lock(generator(handle).mutex());
        *seed = fresh ? generator(handle).seed() : generator(handle).current_seed();
    });
}

DT_API int32_t dt_generator_get_state(void* handle, void** state) {
    return guarded([&] {
        std::lock_guard<std::mutex> lock(generator(handle).mutex());
        *state = hand_out(generator(handle).get_state());
    });
}

DT_API int32_t dt_generator_set_state(void* handle, const void* state) {
    return guarded([&] {
        std::lock_guard<std::mutex> lock(generator(handle).mutex());
        generator(handle).set_state(tensor(state));
    });
}

// The C ABI of the library: every entry point answers 0, or 1 and a text that waits on the same thread.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>
#include <cstdint>
#include <exception>
#include <string>

#define KERNEL_API extern "C" __attribute__((visibility("default")))

namespace kernels {

std::string& last_error();

// What a handle of TorchSharp points to.
inline const at::Tensor& tensor(const void* handle) { return *static_cast<const at::Tensor*>(handle); }

template <typename Body>
int32_t guarded(Body&& body) noexcept {
    try {
        body();
        return 0;
    } catch (const c10::Error& e) {
        last_error() = e.what_without_backtrace();
    } catch (const std::exception& e) {
        last_error() = e.what();
    }
    return 1;
}

}  // namespace kernels

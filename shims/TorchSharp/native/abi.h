// The C ABI between the managed surface and libtorch. No exception crosses it: every entry point
// answers with an ErrorKind, and the text waits in a thread-local that the same thread reads.
#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <exception>

#define DT_API extern "C" __attribute__((visibility("default")))

namespace dt {

enum class Tag : int32_t {
    Default = 0,  // an argument that was not given: the schema's default
    None = 1,
    Tensor = 2,
    Int = 3,
    Double = 4,
    Bool = 5,
    IntList = 6,
    TensorList = 7,
    OptionalTensorList = 8,
    DoubleList = 9,
    Generator = 10,
    Device = 11,
    String = 12,
};

struct Value {
    Tag tag;
    int32_t count;
    union {
        int64_t i;
        double d;
        const void* p;
    };
};
static_assert(sizeof(Value) == 16, "the managed side lays out the same 16 bytes");

enum ErrorKind : int32_t {
    Ok = 0,
    Error = 1,
    IndexError = 2,
    ValueError = 3,
    TypeError = 4,
    NotImplemented = 5,
    OutOfMemory = 6,
    LinAlgError = 7,
};

int32_t fail(ErrorKind kind, const char* text) noexcept;
int32_t fail_current() noexcept;  // call inside catch (...)

// A handle is a heap at::Tensor, as in the package, so native code of others can read it too.
inline at::Tensor& tensor(const void* handle) {
    return *const_cast<at::Tensor*>(static_cast<const at::Tensor*>(handle));
}

inline void* hand_out(at::Tensor&& t) {
    return t.defined() ? new at::Tensor(std::move(t)) : nullptr;
}

template <typename Body>
int32_t guarded(Body&& body) noexcept {
    try {
        body();
        return Ok;
    } catch (...) {
        return fail_current();
    }
}

}  // namespace dt

// Gradients and the thread's modes.
#include "abi.h"

#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>

using namespace dt;

namespace {

std::vector<at::Tensor> list(const void* const* handles, int32_t count) {
    std::vector<at::Tensor> tensors;
    tensors.reserve(count);
    for (int32_t k = 0; k < count; k++) tensors.push_back(handles[k] ? tensor(handles[k]) : at::Tensor());
    return tensors;
}

}  // namespace

DT_API int32_t dt_backward(const void* const* roots, const void* const* seeds, int32_t count,
                           int32_t retain_graph, int32_t create_graph,
                           const void* const* inputs, int32_t input_count) {
    return guarded([&] {
        torch::autograd::backward(list(roots, count), seeds ? list(seeds, count) : std::vector<at::Tensor>(),
            retain_graph != 0, create_graph != 0, list(inputs, input_count));
    });
}

DT_API int32_t dt_grad(const void* const* outputs, const void* const* seeds, int32_t count,
                       const void* const* inputs, int32_t input_count,
                       int32_t retain_graph, int32_t create_graph, int32_t allow_unused, void** results) {
    return guarded([&] {
        auto gradients = torch::autograd::grad(list(outputs, count), list(inputs, input_count),
            seeds ? list(seeds, count) : std::vector<at::Tensor>(),
            retain_graph != 0, create_graph != 0, allow_unused != 0);
        for (int32_t k = 0; k < input_count; k++) results[k] = hand_out(std::move(gradients[k]));
    });
}

DT_API int32_t dt_requires_grad(const void* handle) { return tensor(handle).requires_grad(); }
DT_API int32_t dt_is_leaf(const void* handle) { return tensor(handle).is_leaf(); }

DT_API int32_t dt_set_requires_grad(const void* handle, int32_t on) {
    return guarded([&] { tensor(handle).set_requires_grad(on != 0); });
}

DT_API int32_t dt_get_gradient(const void* handle, void** result) {
    return guarded([&] {
        at::Tensor gradient = tensor(handle).grad();
        *result = hand_out(std::move(gradient));
    });
}

DT_API int32_t dt_set_gradient(const void* handle, const void* gradient) {
    return guarded([&] { tensor(handle).mutable_grad() = gradient ? tensor(gradient) : at::Tensor(); });
}

DT_API int32_t dt_retain_gradient(const void* handle) {
    return guarded([&] { tensor(handle).retain_grad(); });
}

DT_API int32_t dt_grad_mode() { return c10::GradMode::is_enabled(); }
DT_API void dt_set_grad_mode(int32_t on) { c10::GradMode::set_enabled(on != 0); }

DT_API int32_t dt_inference_mode() { return c10::InferenceMode::is_enabled(); }
// entered and left on one thread, last in first out
DT_API void* dt_enter_inference_mode(int32_t on) { return new (std::nothrow) c10::InferenceMode(on != 0); }
DT_API void dt_leave_inference_mode(void* guard) { delete static_cast<c10::InferenceMode*>(guard); }

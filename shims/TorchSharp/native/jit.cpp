// TorchScript: a module out of a file, and its methods.
#include "values.h"

#include <c10/core/Device.h>
#include <sstream>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

using namespace dt;

namespace {

torch::jit::Module& module(void* handle) { return *static_cast<torch::jit::Module*>(handle); }

c10::Device device(int32_t type, int32_t index) {
    return c10::Device(static_cast<c10::DeviceType>(type), static_cast<c10::DeviceIndex>(index));
}

}  // namespace

DT_API int32_t dt_jit_load(const char* path, int32_t device_type, int32_t device_index, void** result) {
    return guarded([&] { *result = new torch::jit::Module(torch::jit::load(std::string(path), device(device_type, device_index))); });
}

DT_API int32_t dt_jit_load_bytes(const char* bytes, int64_t length, int32_t device_type, int32_t device_index, void** result) {
    return guarded([&] {
        std::istringstream stream(std::string(bytes, static_cast<size_t>(length)));
        *result = new torch::jit::Module(torch::jit::load(stream, device(device_type, device_index)));
    });
}

DT_API void dt_jit_free(void* handle) { delete static_cast<torch::jit::Module*>(handle); }

DT_API int32_t dt_jit_invoke(void* handle, const char* method, const Value* args, int32_t count, Value* result) {
    return guarded([&] {
        std::vector<c10::IValue> inputs;
        inputs.reserve(count);
        for (int32_t k = 0; k < count; k++) inputs.push_back(to_ivalue(args[k]));
        auto answer = module(handle).get_method(method)(std::move(inputs));
        to_value(answer, *result);
    });
}

DT_API int32_t dt_jit_parameters(void* handle, Value* result) {
    return guarded([&] {
        c10::List<at::Tensor> found;
        for (const auto& parameter : module(handle).parameters()) found.push_back(parameter);
        c10::IValue answer(std::move(found));
        to_value(answer, *result);
    });
}

DT_API int32_t dt_jit_train(void* handle, int32_t on) {
    return guarded([&] { module(handle).train(on != 0); });
}

DT_API int32_t dt_jit_is_training(void* handle, int32_t* on) {
    return guarded([&] { *on = module(handle).is_training(); });
}

// What is not an operator: a tensor's handle, its metadata and its memory.
#include "abi.h"

#include <ATen/ops/from_blob.h>
#include <c10/core/TensorOptions.h>

using namespace dt;

DT_API void dt_free(void* handle) {
    // the destructor may run the release callback of foreign memory; nothing here may throw
    delete static_cast<at::Tensor*>(handle);
}

DT_API void* dt_share(const void* handle) {
    return new (std::nothrow) at::Tensor(tensor(handle));
}

DT_API int64_t dt_ndim(const void* handle) { return tensor(handle).dim(); }
DT_API int64_t dt_numel(const void* handle) { return tensor(handle).numel(); }
DT_API int32_t dt_dtype(const void* handle) { return static_cast<int32_t>(tensor(handle).scalar_type()); }
DT_API int64_t dt_element_size(const void* handle) { return static_cast<int64_t>(tensor(handle).element_size()); }

DT_API void dt_device(const void* handle, int32_t* type, int32_t* index) {
    auto device = tensor(handle).device();
    *type = static_cast<int32_t>(device.type());
    *index = device.index();
}

// out: 2 * ndim numbers, sizes then strides
DT_API void dt_geometry(const void* handle, int64_t* out) {
    auto& t = tensor(handle);
    auto sizes = t.sizes();
    auto strides = t.strides();
    for (size_t k = 0; k < sizes.size(); k++) {
        out[k] = sizes[k];
        out[sizes.size() + k] = strides[k];
    }
}

DT_API int32_t dt_is_contiguous(const void* handle) { return tensor(handle).is_contiguous(); }
DT_API int64_t dt_storage_offset(const void* handle) { return tensor(handle).storage_offset(); }

DT_API int32_t dt_data(const void* handle, void** data) {
    return guarded([&] { *data = tensor(handle).data_ptr(); });
}

// release(state) is called once, when the last tensor over this memory dies, on whichever thread that is
DT_API int32_t dt_from_memory(void* data, const int64_t* sizes, int32_t ndim, int32_t dtype,
                              void (*release)(void*), void* state, void** result) {
    return guarded([&] {
        auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)).device(at::kCPU);
        *result = hand_out(at::from_blob(data, at::IntArrayRef(sizes, ndim),
            [release, state](void*) { release(state); }, options));
    });
}

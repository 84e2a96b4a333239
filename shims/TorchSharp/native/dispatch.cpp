// Any ATen operator by its schema name, called boxed: the arguments become IValues in schema order,
// and what the caller leaves out is filled from the schema's defaults.
#include "values.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/Generator.h>
#include <ATen/core/List.h>
#include <ATen/core/stack.h>
#include <cstdlib>

namespace dt {

c10::IValue to_ivalue(const Value& v) {
    switch (v.tag) {
        case Tag::None: return {};
        case Tag::Tensor: return v.p ? c10::IValue(tensor(v.p)) : c10::IValue();
        case Tag::Int: return v.i;
        case Tag::Double: return v.d;
        case Tag::Bool: return v.i != 0;
        case Tag::IntList: return c10::IValue(at::IntArrayRef(static_cast<const int64_t*>(v.p), v.count));
        case Tag::DoubleList: return c10::IValue(at::ArrayRef<double>(static_cast<const double*>(v.p), v.count));
        case Tag::TensorList: {
            c10::List<at::Tensor> list;
            list.reserve(v.count);
            auto handles = static_cast<const void* const*>(v.p);
            for (int32_t k = 0; k < v.count; k++) {
                TORCH_CHECK_VALUE(handles[k] != nullptr, "element ", k, " of a list of tensors is undefined");
                list.push_back(tensor(handles[k]));
            }
            return c10::IValue(std::move(list));
        }
        case Tag::OptionalTensorList: {
            c10::List<c10::optional<at::Tensor>> list;
            list.reserve(v.count);
            auto handles = static_cast<const void* const*>(v.p);
            for (int32_t k = 0; k < v.count; k++)
                list.push_back(handles[k] ? c10::optional<at::Tensor>(tensor(handles[k])) : c10::nullopt);
            return c10::IValue(std::move(list));
        }
        case Tag::Generator:
            return v.p ? c10::IValue(*static_cast<const at::Generator*>(v.p)) : c10::IValue();
        case Tag::Device:
            return c10::Device(static_cast<c10::DeviceType>(v.i), static_cast<c10::DeviceIndex>(v.count));
        case Tag::String: return std::string(static_cast<const char*>(v.p), v.count);
        case Tag::Default: break;
    }
    TORCH_CHECK(false, "argument tag ", static_cast<int>(v.tag), " is not known");
}

void to_value(c10::IValue& from, Value& to) {
    to.count = 0;
    to.i = 0;
    if (from.isTensor()) {
        to.tag = Tag::Tensor;
        to.p = hand_out(std::move(from).toTensor());
    } else if (from.isInt()) {
        to.tag = Tag::Int;
        to.i = from.toInt();
    } else if (from.isDouble()) {
        to.tag = Tag::Double;
        to.d = from.toDouble();
    } else if (from.isBool()) {
        to.tag = Tag::Bool;
        to.i = from.toBool();
    } else if (from.isTensorList()) {
        auto list = std::move(from).toTensorVector();
        to.tag = Tag::TensorList;
        to.count = static_cast<int32_t>(list.size());
        auto handles = static_cast<void**>(std::malloc(sizeof(void*) * (list.size() + 1)));
        if (!handles) throw std::bad_alloc();
        for (size_t k = 0; k < list.size(); k++) handles[k] = hand_out(std::move(list[k]));
        to.p = handles;
    } else if (from.isNone()) {
        to.tag = Tag::None;
    } else {
        TORCH_CHECK_NOT_IMPLEMENTED(false, "a result of type ", from.tagKind(), " is not handed over");
    }
}

}  // namespace dt

using namespace dt;

DT_API int32_t dt_find(const char* name, const char* overload, void** op) {
    return guarded([&] {
        auto found = c10::Dispatcher::singleton().findSchema({name, overload});
        if (!found) {
            auto text = c10::str("this libtorch has no operator ", name, *overload ? "." : "", overload);
            TORCH_CHECK_NOT_IMPLEMENTED(false, text);
        }
        *op = new c10::OperatorHandle(*found);
    });
}

// results: room for `capacity` values; with capacity 0 the results are dropped (in-place operators)
DT_API int32_t dt_call(const void* op, const Value* args, int32_t given, Value* results, int32_t capacity) {
    return guarded([&] {
        auto& handle = *static_cast<const c10::OperatorHandle*>(op);
        auto& schema = handle.schema().arguments();
        TORCH_CHECK(static_cast<size_t>(given) <= schema.size(),
            handle.operator_name(), " takes ", schema.size(), " arguments, ", given, " were given");
        torch::jit::Stack stack;
        stack.reserve(std::max<size_t>(schema.size(), 4));
        for (size_t k = 0; k < schema.size(); k++) {
            if (k < static_cast<size_t>(given) && args[k].tag != Tag::Default) {
                stack.push_back(to_ivalue(args[k]));
            } else {
                auto& fallback = schema[k].default_value();
                TORCH_CHECK(fallback, handle.operator_name(), ": argument '", schema[k].name(), "' is missing");
                stack.push_back(*fallback);
            }
        }
        handle.callBoxed(&stack);
        if (capacity == 0) return;
        TORCH_CHECK(stack.size() == static_cast<size_t>(capacity),
            handle.operator_name(), " gives ", stack.size(), " results, ", capacity, " were expected");
        for (int32_t k = 0; k < capacity; k++) to_value(stack[k], results[k]);
    });
}

DT_API void dt_free_list(void* handles) {
    std::free(handles);
}

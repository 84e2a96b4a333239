// Arguments and results between the C ABI and libtorch's own box of a value.
#pragma once

#include "abi.h"

#include <ATen/core/ivalue.h>

namespace dt {

c10::IValue to_ivalue(const Value& v);
void to_value(c10::IValue& from, Value& to);

}  // namespace dt

#include "abi.h"

#include <c10/util/Exception.h>
#include <new>
#include <stdexcept>
#include <string>

namespace dt {

namespace {
thread_local std::string last_text;
}

int32_t fail(ErrorKind kind, const char* text) noexcept {
    try {
        last_text = text;
    } catch (...) {
        last_text.clear();
    }
    return kind;
}

int32_t fail_current() noexcept {
    try {
        throw;
    } catch (const c10::IndexError& e) {
        return fail(IndexError, e.what_without_backtrace());
    } catch (const c10::ValueError& e) {
        return fail(ValueError, e.what_without_backtrace());
    } catch (const c10::TypeError& e) {
        return fail(TypeError, e.what_without_backtrace());
    } catch (const c10::NotImplementedError& e) {
        return fail(NotImplemented, e.what_without_backtrace());
    } catch (const c10::OutOfMemoryError& e) {
        return fail(OutOfMemory, e.what_without_backtrace());
    } catch (const c10::LinAlgError& e) {
        return fail(LinAlgError, e.what_without_backtrace());
    } catch (const c10::Error& e) {
        const char* text = e.what_without_backtrace();
        bool memory = std::string(text).find("not enough memory") != std::string::npos
            || std::string(text).find("can't allocate memory") != std::string::npos;
        return fail(memory ? OutOfMemory : Error, text);
    } catch (const std::bad_alloc& e) {
        return fail(OutOfMemory, "out of memory");
    } catch (const std::out_of_range& e) {
        return fail(IndexError, e.what());
    } catch (const std::exception& e) {
        return fail(Error, e.what());
    } catch (...) {
        return fail(Error, "an exception of unknown type");
    }
}

}  // namespace dt

DT_API const char* dt_last_error() {
    return dt::last_text.c_str();
}

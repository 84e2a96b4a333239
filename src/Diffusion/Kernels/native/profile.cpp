// Where the time of a thread goes, by operator: the hooks that libtorch calls around every operator.
#include "kernel_api.h"

#include <ATen/record_function.h>
#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace {

struct Row {
    int64_t calls = 0;
    int64_t nanoseconds = 0;  // without what it called
};

struct Frame {
    std::string name;
    int64_t begun;
    int64_t inner;
};

struct Profile {
    std::map<std::string, Row> rows;
    std::vector<Frame> open;
    at::CallbackHandle handle = 0;
};

thread_local Profile* current = nullptr;
thread_local std::string report;

int64_t now() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
    if (current) current->open.push_back({function.name(), now(), 0});
    return nullptr;
}

void end(const at::RecordFunction&, at::ObserverContext*) {
    if (!current || current->open.empty()) return;
    auto frame = std::move(current->open.back());
    current->open.pop_back();
    const int64_t whole = now() - frame.begun;
    auto& row = current->rows[frame.name];
    row.calls++;
    row.nanoseconds += whole - frame.inner;
    if (!current->open.empty()) current->open.back().inner += whole;
}

}  // namespace

// From now on the operators of this thread are counted.
KERNEL_API int32_t kernels_profile_begin() {
    return kernels::guarded([&] {
        TORCH_CHECK(!current, "this thread is being profiled already");
        current = new Profile();
        current->handle = at::addThreadLocalCallback(at::RecordFunctionCallback(&begin, &end).scopes({at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION}));
    });
}

// One line an operator: calls, nanoseconds without what it called, and its name, with tabs between.
KERNEL_API int32_t kernels_profile_end(const char** lines) {
    return kernels::guarded([&] {
        TORCH_CHECK(current, "this thread is not being profiled");
        at::removeCallback(current->handle);
        report.clear();
        for (const auto& [name, row] : current->rows)
            report += std::to_string(row.calls) + "\t" + std::to_string(row.nanoseconds) + "\t" + name + "\n";
        delete current;
        current = nullptr;
        *lines = report.c_str();
    });
}

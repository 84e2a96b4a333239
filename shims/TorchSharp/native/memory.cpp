// Keeps freed tensor memory for the next tensor of about the same size. A training step makes and frees the
// same hundreds of large blocks each time; given back to the system, every page would be faulted in anew.
#include "abi.h"

#include <c10/core/Allocator.h>
#include <malloc.h>
#include <array>
#include <cstdlib>
#include <mutex>
#include <vector>

using namespace dt;

namespace {

constexpr size_t alignment = 64;
constexpr size_t smallest_kept = 64 << 10;  // below, malloc's own bins do as well
constexpr size_t steps = 8;                 // sizes per power of two: at most an eighth is wasted

struct Header {
    size_t size_class;  // none: the block is not kept
    size_t bytes;
};
static_assert(sizeof(Header) <= alignment);
constexpr size_t none = ~size_t(0);

class Cache final : public c10::Allocator {
public:
    c10::DataPtr allocate(size_t bytes) const override {
        if (bytes == 0) return {nullptr, nullptr, &release, c10::Device(c10::DeviceType::CPU)};
        void* data = take(bytes);
        return {data, data, &release, c10::Device(c10::DeviceType::CPU)};
    }

    c10::DeleterFnPtr raw_deleter() const override { return &release; }

    void set_limit(size_t bytes) {
        std::lock_guard<std::mutex> lock(mutex_);
        limit_ = bytes;
        if (kept_ > limit_) empty();
    }

private:
    static size_t class_of(size_t bytes, size_t* rounded) {
        size_t power = 63 - __builtin_clzll(bytes);
        size_t step = (size_t(1) << power) / steps;
        size_t k = (bytes - (size_t(1) << power) + step - 1) / step;
        *rounded = (size_t(1) << power) + k * step;
        return power * steps + k;  // k == steps is the next power's first class
    }

    void* take(size_t bytes) const {
        size_t size = bytes, size_class = none;
        if (bytes >= smallest_kept) {
            size_class = class_of(bytes, &size);
            std::lock_guard<std::mutex> lock(mutex_);
            auto& list = lists_[size_class];
            if (!list.empty()) {
                void* block = list.back();
                list.pop_back();
                kept_ -= size;
                return static_cast<char*>(block) + alignment;
            }
        }
        void* block = std::aligned_alloc(alignment, (size + alignment + alignment - 1) / alignment * alignment);
        if (!block) {
            {
                std::lock_guard<std::mutex> lock(mutex_);
                empty();
            }
            block = std::aligned_alloc(alignment, (size + alignment + alignment - 1) / alignment * alignment);
        }
        TORCH_CHECK_WITH(OutOfMemoryError, block, "not enough memory: you tried to allocate ", bytes, " bytes.");
        *static_cast<Header*>(block) = {size_class, size};
        return static_cast<char*>(block) + alignment;
    }

    void give(void* data) {
        void* block = static_cast<char*>(data) - alignment;
        auto header = *static_cast<Header*>(block);
        if (header.size_class != none) {
            std::lock_guard<std::mutex> lock(mutex_);
            if (header.bytes <= limit_) {
                // full of sizes that nobody asks for any more: start afresh
                if (kept_ + header.bytes > limit_) empty();
                try {
                    lists_[header.size_class].push_back(block);
                    kept_ += header.bytes;
                    return;
                } catch (...) {
                    // no room for the list itself: the block goes back below
                }
            }
        }
        std::free(block);
    }

    void empty() const {
        for (auto& list : lists_) {
            for (void* block : list) std::free(block);
            list.clear();
        }
        kept_ = 0;
    }

    static void release(void* data);

    mutable std::mutex mutex_;
    mutable std::array<std::vector<void*>, 64 * steps + 1> lists_;
    mutable size_t kept_ = 0;
    size_t limit_ = 0;
};

// never destroyed: tensors of finalizers may outlive static destructors
Cache& cache() {
    static Cache* instance = new Cache();
    return *instance;
}

void Cache::release(void* data) {
    if (data) cache().give(data);
}

}  // namespace

// bytes of freed memory to keep; called once before the first tensor with what the process may spare
DT_API int32_t dt_keep_memory(int64_t bytes) {
    return guarded([&] {
        cache().set_limit(static_cast<size_t>(bytes));
        c10::SetAllocator(c10::DeviceType::CPU, &cache(), 1);
        // work space of the convolution library comes from malloc: let it stay in the heap as well
        mallopt(M_MMAP_THRESHOLD, 32 << 20);
        mallopt(M_TRIM_THRESHOLD, 512 << 20);
    });
}

// The C ABI of the TorchSharp stand-in, seen from outside: prototypes written by hand, no header of libtorch. Whatever is
// done wrong here must come back as a number and a text; an exception or a signal ends the program and fails the run.
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

extern "C" {
const char* dt_last_error();
int32_t dt_find(const char* name, const char* overload, void** op);
int32_t dt_call(const void* op, const void* args, int32_t given, void* results, int32_t capacity);
void dt_free_list(void* handles);
void dt_free(void* handle);
void* dt_share(const void* handle);
int64_t dt_ndim(const void* handle);
int64_t dt_numel(const void* handle);
int32_t dt_data(const void* handle, void** data);
void dt_geometry(const void* handle, int64_t* out);
int32_t dt_from_memory(void* data, const int64_t* sizes, int32_t ndim, int32_t dtype, void (*release)(void*), void* state, void** result);
int32_t dt_keep_memory(int64_t bytes);
int32_t dt_check_product(double* largest_error);
int32_t dt_new_generator(uint64_t seed, void** result);
void dt_free_generator(void* handle);
int32_t dt_generator_get_state(void* handle, void** state);
int32_t dt_generator_set_state(void* handle, const void* state);
int32_t dt_backward(const void* const* roots, const void* const* seeds, int32_t count, int32_t retain, int32_t create, const void* const* inputs, int32_t input_count);
int32_t dt_set_requires_grad(const void* handle, int32_t on);
int32_t dt_get_gradient(const void* handle, void** result);
int32_t dt_grad_mode();
void dt_set_grad_mode(int32_t on);
int32_t dt_inference_mode();
void* dt_enter_inference_mode(int32_t on);
void dt_leave_inference_mode(void* guard);
}

namespace {

enum Kind { Ok = 0, Error = 1, NotImplemented = 5, OutOfMemory = 6 };
enum class Tag : int32_t { Default = 0, Tensor = 2, Int = 3, IntList = 6, TensorList = 7, Generator = 10 };
constexpr int32_t float32 = 6;

struct Value {
    Tag tag;
    int32_t count;
    union {
        int64_t i;
        const void* p;
    };
};

int passed, failed;
const char* running;
bool good;

void check(bool condition, const char* what, int line) {
    if (condition) return;
    good = false;
    std::printf("  Failed %s: %s (line %d; last error: %s)\n", running, what, line, dt_last_error());
}
#define CHECK(condition) check(condition, #condition, __LINE__)

template <typename Body>
void test(const char* name, Body&& body) {
    running = name;
    good = true;
    body();
    (good ? passed : failed)++;
}

Value of(const void* tensor) { return {Tag::Tensor, 0, {.p = tensor}}; }
Value of(const std::vector<int64_t>& numbers) { return {Tag::IntList, static_cast<int32_t>(numbers.size()), {.p = numbers.data()}}; }

const void* op(const char* name, const char* overload = "") {
    void* found = nullptr;
    CHECK(dt_find(name, overload, &found) == Ok);
    return found;
}

// over memory of this program, so that its life can be watched
struct Watched {
    std::vector<float> numbers;
    std::atomic<int> released{0};
    void* handle = nullptr;

    explicit Watched(std::vector<float> values, std::vector<int64_t> sizes) : numbers(std::move(values)) {
        CHECK(dt_from_memory(numbers.data(), sizes.data(), static_cast<int32_t>(sizes.size()), float32,
            [](void* self) { static_cast<Watched*>(self)->released++; }, this, &handle) == Ok);
    }
};

float* data(const void* tensor) {
    void* numbers = nullptr;
    CHECK(dt_data(tensor, &numbers) == Ok);
    return static_cast<float*>(numbers);
}

void* call(const void* operation, std::vector<Value> args) {
    Value result{};
    CHECK(dt_call(operation, args.data(), static_cast<int32_t>(args.size()), &result, 1) == Ok);
    return const_cast<void*>(result.p);
}

void too_much() {
    std::vector<int64_t> sizes{int64_t(1) << 46};
    Value args[] = {of(sizes)}, result{};
    CHECK(dt_call(op("aten::empty", "memory_format"), args, 1, &result, 1) == OutOfMemory);
    sizes = {4};
    args[0] = of(sizes);
    CHECK(dt_call(op("aten::empty", "memory_format"), args, 1, &result, 1) == Ok);
    CHECK(dt_numel(result.p) == 4);
    dt_free(const_cast<void*>(result.p));
}

void errors() {
    test("an unknown operator has a name in its error", [] {
        void* found = nullptr;
        CHECK(dt_find("aten::no_such_operator", "", &found) == NotImplemented);
        CHECK(std::strstr(dt_last_error(), "no_such_operator"));
        CHECK(!found);
    });
    test("wrong shapes are an error, not an abort", [] {
        Watched a({1, 2, 3, 4, 5, 6}, {2, 3}), b({1, 2, 3, 4}, {2, 2});
        Value args[] = {of(a.handle), of(b.handle)}, result{};
        CHECK(dt_call(op("aten::mm"), args, 2, &result, 1) == Error);
        CHECK(std::strlen(dt_last_error()) > 0);
        dt_free(a.handle);
        dt_free(b.handle);
        CHECK(a.released == 1 && b.released == 1);
    });
    test("too many, too few and unknown arguments are told apart", [] {
        Watched a({1}, {1});
        Value args[] = {of(a.handle), of(a.handle), of(a.handle)}, result{};
        CHECK(dt_call(op("aten::mm"), args, 3, &result, 1) == Error);
        CHECK(std::strstr(dt_last_error(), "takes 2 arguments, 3 were given"));
        CHECK(dt_call(op("aten::mm"), args, 1, &result, 1) == Error);
        CHECK(std::strstr(dt_last_error(), "is missing"));
        args[0].tag = static_cast<Tag>(99);
        CHECK(dt_call(op("aten::mm"), args, 2, &result, 1) == Error);
        CHECK(std::strstr(dt_last_error(), "tag 99"));
        dt_free(a.handle);
    });
    test("the wrong number of results is an error", [] {
        Watched a({1, 2}, {2});
        Value args[] = {of(a.handle)}, results[2]{};
        CHECK(dt_call(op("aten::neg"), args, 1, results, 2) == Error);
        CHECK(std::strstr(dt_last_error(), "gives 1 results, 2 were expected"));
        dt_free(a.handle);
    });
    test("memory that cannot be had is its own kind, and the next call works", too_much);
    test("an error text belongs to its thread", [] {
        void* found = nullptr;
        dt_find("aten::of_the_first_thread", "", &found);
        std::thread([] {
            void* other = nullptr;
            dt_find("aten::of_the_second_thread", "", &other);
        }).join();
        CHECK(std::strstr(dt_last_error(), "of_the_first_thread"));
    });
}

void handles() {
    test("shared memory is released once, after its last handle", [] {
        Watched a({1, 2, 3, 4}, {2, 2});
        auto view = call(op("aten::t"), {of(a.handle)});
        auto second = dt_share(a.handle);
        dt_free(a.handle);
        dt_free(second);
        CHECK(a.released == 0);
        CHECK(data(view)[1] == 2);
        dt_free(view);
        CHECK(a.released == 1);
    });
    test("geometry gives sizes, then strides", [] {
        Watched a({1, 2, 3, 4, 5, 6}, {2, 3});
        auto turned = call(op("aten::t"), {of(a.handle)});
        int64_t numbers[4];
        CHECK(dt_ndim(turned) == 2);
        dt_geometry(turned, numbers);
        CHECK(numbers[0] == 3 && numbers[1] == 2 && numbers[2] == 1 && numbers[3] == 3);
        dt_free(turned);
        dt_free(a.handle);
    });
    test("a list of results is handed over whole", [] {
        Watched a({1, 2, 3, 4, 5}, {5});
        Value args[] = {of(a.handle), {Tag::Int, 0, {.i = 2}}}, result{};
        CHECK(dt_call(op("aten::split", "Tensor"), args, 2, &result, 1) == Ok);
        CHECK(result.tag == Tag::TensorList && result.count == 3);
        auto parts = static_cast<void* const*>(result.p);
        CHECK(dt_numel(parts[2]) == 1 && data(parts[2])[0] == 5);
        for (int k = 0; k < 3; k++) dt_free(parts[k]);
        dt_free_list(const_cast<void*>(result.p));
        dt_free(a.handle);
        CHECK(a.released == 1);
    });
    test("an undefined tensor in a list is an error", [] {
        const void* none[] = {nullptr};
        Value args[] = {{Tag::TensorList, 1, {.p = none}}}, result{};
        CHECK(dt_call(op("aten::cat"), args, 1, &result, 1) != Ok);
        CHECK(std::strstr(dt_last_error(), "undefined"));
    });
    test("eight threads share and free one tensor without losing count", [] {
        Watched a({1, 2, 3}, {3});
        std::vector<std::thread> threads;
        for (int t = 0; t < 8; t++)
            threads.emplace_back([&] {
                for (int k = 0; k < 20000; k++) dt_free(dt_share(a.handle));
            });
        for (auto& thread : threads) thread.join();
        CHECK(a.released == 0);
        dt_free(a.handle);
        CHECK(a.released == 1);
    });
    test("a freed block serves the next tensor of its size, aligned", [] {
        CHECK(dt_keep_memory(64 << 20) == Ok);
        std::vector<int64_t> sizes{1 << 18};
        auto first = call(op("aten::empty", "memory_format"), {of(sizes)});
        auto where = reinterpret_cast<uintptr_t>(data(first));
        dt_free(first);
        auto second = call(op("aten::empty", "memory_format"), {of(sizes)});
        CHECK(reinterpret_cast<uintptr_t>(data(second)) == where);
        CHECK(where % 64 == 0);
        dt_free(second);
    });
    test("memory that cannot be had is its own kind where blocks are kept", too_much);
}

void numbers() {
    test("a product agrees with float64", [] {
        double error = 1;
        CHECK(dt_check_product(&error) == Ok);
        CHECK(error < 1e-4);
    });
    test("a generator goes back to a state it had", [] {
        void *generator = nullptr, *state = nullptr;
        CHECK(dt_new_generator(7, &generator) == Ok);
        CHECK(dt_generator_get_state(generator, &state) == Ok);
        std::vector<int64_t> sizes{5};
        auto draw = [&] { return call(op("aten::randn", "generator"), {of(sizes), {Tag::Generator, 0, {.p = generator}}}); };
        auto a = draw(), b = draw();
        CHECK(dt_generator_set_state(generator, state) == Ok);
        auto again = draw();
        CHECK(std::memcmp(data(a), data(again), 5 * sizeof(float)) == 0);
        CHECK(std::memcmp(data(a), data(b), 5 * sizeof(float)) != 0);
        for (auto tensor : {a, b, again, state}) dt_free(tensor);
        dt_free_generator(generator);
    });
    test("the gradient of a sum of squares is twice the input", [] {
        Watched x({1, -2, 3}, {3});
        CHECK(dt_set_requires_grad(x.handle, 1) == Ok);
        auto square = call(op("aten::mul", "Tensor"), {of(x.handle), of(x.handle)});
        const void* roots[] = {square};
        CHECK(dt_backward(roots, nullptr, 1, 0, 0, nullptr, 0) != Ok);  // not a single number
        auto sum = call(op("aten::sum"), {of(square)});
        roots[0] = sum;
        CHECK(dt_backward(roots, nullptr, 1, 0, 0, nullptr, 0) == Ok);
        void* gradient = nullptr;
        CHECK(dt_get_gradient(x.handle, &gradient) == Ok);
        CHECK(data(gradient)[0] == 2 && data(gradient)[1] == -4 && data(gradient)[2] == 6);
        for (auto tensor : {square, sum, gradient, x.handle}) dt_free(tensor);
    });
    test("modes belong to a thread, and inference mode nests", [] {
        dt_set_grad_mode(0);
        bool elsewhere = false;
        std::thread([&] { elsewhere = dt_grad_mode() != 0; }).join();
        CHECK(elsewhere && !dt_grad_mode());
        dt_set_grad_mode(1);
        auto outer = dt_enter_inference_mode(1);
        auto inner = dt_enter_inference_mode(0);
        CHECK(!dt_inference_mode());
        dt_leave_inference_mode(inner);
        CHECK(dt_inference_mode());
        dt_leave_inference_mode(outer);
        CHECK(!dt_inference_mode());
    });
}

}  // namespace

int main() {
    errors();
    handles();
    numbers();
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}

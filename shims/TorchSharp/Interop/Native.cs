using System.Reflection;
using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>The entry points of libtorchdispatch. Touching any of them prepares the process and loads libtorch first.</summary>
internal static unsafe class Native
{
    private const string Library = "torchdispatch";

    static Native()
    {
        Machine.Prepare();
        NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, Resolve);
        Machine.KeepMemory();
        Machine.SetThreads();
        Machine.CheckProduct();
    }

    private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library) return IntPtr.Zero;
        foreach (var folder in new[] { Path.GetDirectoryName(assembly.Location), AppContext.BaseDirectory })
        {
            if (string.IsNullOrEmpty(folder)) continue;
            var file = Path.Combine(folder, "libtorchdispatch.so");
            if (File.Exists(file)) return Load(file);
        }
        throw new DllNotFoundException("libtorchdispatch.so was not found beside TorchSharp.dll: build shims/TorchSharp on this kind of machine");
    }

    private static IntPtr Load(string file)
    {
        try
        {
            return NativeLibrary.Load(file);
        }
        catch (DllNotFoundException e)
        {
            throw new DllNotFoundException($"libtorch could not be loaded; install it (apt-get install libtorch-dev) or build with -p:Torch=cpu|cuda. {e.Message}", e);
        }
    }

    [DllImport(Library)] internal static extern byte* dt_last_error();
    [DllImport(Library)] internal static extern int dt_find(byte* name, byte* overload, IntPtr* op);
    [DllImport(Library)] internal static extern int dt_call(IntPtr op, Value* args, int given, Value* results, int capacity);
    [DllImport(Library)] internal static extern void dt_free_list(IntPtr handles);

    [DllImport(Library)] internal static extern void dt_free(IntPtr tensor);
    [DllImport(Library)] internal static extern IntPtr dt_share(IntPtr tensor);
    [DllImport(Library)] internal static extern long dt_ndim(IntPtr tensor);
    [DllImport(Library)] internal static extern long dt_numel(IntPtr tensor);
    [DllImport(Library)] internal static extern int dt_dtype(IntPtr tensor);
    [DllImport(Library)] internal static extern long dt_element_size(IntPtr tensor);
    [DllImport(Library)] internal static extern void dt_device(IntPtr tensor, int* type, int* index);
    [DllImport(Library)] internal static extern void dt_geometry(IntPtr tensor, long* sizesThenStrides);
    [DllImport(Library)] internal static extern int dt_is_contiguous(IntPtr tensor);
    [DllImport(Library)] internal static extern long dt_storage_offset(IntPtr tensor);
    [DllImport(Library)] internal static extern int dt_data(IntPtr tensor, void** data);

    [DllImport(Library)]
    internal static extern int dt_from_memory(void* data, long* sizes, int ndim, int dtype,
        delegate* unmanaged<IntPtr, void> release, IntPtr state, IntPtr* result);

    [DllImport(Library)]
    internal static extern int dt_backward(IntPtr* roots, IntPtr* seeds, int count, int retainGraph, int createGraph,
        IntPtr* inputs, int inputCount);

    [DllImport(Library)]
    internal static extern int dt_grad(IntPtr* outputs, IntPtr* seeds, int count, IntPtr* inputs, int inputCount,
        int retainGraph, int createGraph, int allowUnused, IntPtr* results);

    [DllImport(Library)] internal static extern int dt_requires_grad(IntPtr tensor);
    [DllImport(Library)] internal static extern int dt_set_requires_grad(IntPtr tensor, int on);
    [DllImport(Library)] internal static extern int dt_is_leaf(IntPtr tensor);
    [DllImport(Library)] internal static extern int dt_get_gradient(IntPtr tensor, IntPtr* result);
    [DllImport(Library)] internal static extern int dt_set_gradient(IntPtr tensor, IntPtr gradient);
    [DllImport(Library)] internal static extern int dt_retain_gradient(IntPtr tensor);
    [DllImport(Library)] internal static extern int dt_grad_mode();
    [DllImport(Library)] internal static extern void dt_set_grad_mode(int on);
    [DllImport(Library)] internal static extern int dt_inference_mode();
    [DllImport(Library)] internal static extern IntPtr dt_enter_inference_mode(int on);
    [DllImport(Library)] internal static extern void dt_leave_inference_mode(IntPtr guard);

    [DllImport(Library)] internal static extern int dt_set_threads(int threads);
    [DllImport(Library)] internal static extern int dt_get_threads();
    [DllImport(Library)] internal static extern int dt_set_interop_threads(int threads);
    [DllImport(Library)] internal static extern int dt_get_interop_threads();
    [DllImport(Library)] internal static extern int dt_keep_memory(long bytes);
    [DllImport(Library)] internal static extern int dt_check_product(double* largestError);

    [DllImport(Library)] internal static extern int dt_new_generator(ulong seed, IntPtr* result);
    [DllImport(Library)] internal static extern int dt_default_generator(IntPtr* result);
    [DllImport(Library)] internal static extern void dt_free_generator(IntPtr generator);
    [DllImport(Library)] internal static extern int dt_generator_set_seed(IntPtr generator, ulong seed);
    [DllImport(Library)] internal static extern int dt_generator_seed(IntPtr generator, int fresh, ulong* seed);
    [DllImport(Library)] internal static extern int dt_generator_get_state(IntPtr generator, IntPtr* state);
    [DllImport(Library)] internal static extern int dt_generator_set_state(IntPtr generator, IntPtr state);

    [DllImport(Library)] internal static extern int dt_jit_load(byte* path, int deviceType, int deviceIndex, IntPtr* module);
    [DllImport(Library)] internal static extern int dt_jit_load_bytes(byte* bytes, long length, int deviceType, int deviceIndex, IntPtr* module);
    [DllImport(Library)] internal static extern void dt_jit_free(IntPtr module);
    [DllImport(Library)] internal static extern int dt_jit_invoke(ScriptHandle module, byte* method, Value* args, int count, Value* result);
    [DllImport(Library)] internal static extern int dt_jit_parameters(ScriptHandle module, Value* result);
    [DllImport(Library)] internal static extern int dt_jit_train(ScriptHandle module, int on);
    [DllImport(Library)] internal static extern int dt_jit_is_training(ScriptHandle module, int* on);

    /// <summary>Turns a native error code into the exception type that the package throws.</summary>
    /// <exception cref="ExternalException">the code is not 0; the message is libtorch's own</exception>
    internal static void Check(int code)
    {
        if (code != 0) Throw(code);
    }

    private static void Throw(int code)
    {
        var text = Marshal.PtrToStringUTF8((IntPtr)dt_last_error()) ?? "";
        throw new ExternalException(text, code);
    }
}

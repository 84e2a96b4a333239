using System.Text;
using TorchSharp.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class jit
    {
        /// <summary>A module that was saved as TorchScript. Its parameters have no names here.</summary>
        public class ScriptModule : nn.Module
        {
            private readonly ScriptHandle _handle;

            internal ScriptModule(ScriptHandle handle) : base(nameof(ScriptModule)) => _handle = handle;

            public override unsafe bool training
            {
                get
                {
                    int on = 0;
                    Native.Check(Native.dt_jit_is_training(_handle, &on));
                    return on != 0;
                }
            }

            public override void train(bool on = true) => Native.Check(Native.dt_jit_train(_handle, on ? 1 : 0));

            public override void eval() => train(false);

            public object forward(params object[] input) => invoke(nameof(forward), input);

            public object call(params object[] input) => forward(input);

            /// <summary>Calls a method with tensors, numbers and booleans.</summary>
            public unsafe object invoke(string name, params object[] objs)
            {
                ArgumentNullException.ThrowIfNull(name);
                var values = new Value[objs.Length];
                for (var k = 0; k < objs.Length; k++) values[k] = Lower(objs[k]);
                Value result = default;
                fixed (Value* given = values)
                fixed (byte* method = Encoding.UTF8.GetBytes(name + '\0'))
                    Native.Check(Native.dt_jit_invoke(_handle, method, given, objs.Length, &result));
                // the tensors must outlive the call
                GC.KeepAlive(objs);
                return Take(in result);
            }

            public override IEnumerable<Parameter> parameters(bool recurse = true)
            {
                if (!recurse) throw new NotSupportedException("the parameters of a script are told all together");
                return Array.ConvertAll(Parameters(), parameter => new Parameter(parameter, parameter.requires_grad));
            }

            private unsafe Tensor[] Parameters()
            {
                Value result = default;
                Native.Check(Native.dt_jit_parameters(_handle, &result));
                return (Tensor[])Take(in result);
            }

            private protected override void Release() => _handle.Dispose();

            private static Value Lower(object argument)
            {
                Arg arg = argument switch
                {
                    Tensor tensor => tensor,
                    Scalar scalar => scalar,
                    bool yes => yes,
                    int number => (long)number,
                    long number => number,
                    float number => (double)number,
                    double number => number,
                    _ => throw new ArgumentException($"an argument of type {argument?.GetType().Name ?? "null"} is not handed over", nameof(argument)),
                };
                var value = arg.Value;
                if (argument is Tensor given) value.Pointer = given.Handle;
                return value;
            }

            private static unsafe object Take(in Value value)
            {
                switch (value.Tag)
                {
                    case Tag.Tensor: return new Tensor(value.Pointer);
                    case Tag.TensorList:
                        try
                        {
                            var tensors = new Tensor[value.Count];
                            for (var k = 0; k < tensors.Length; k++) tensors[k] = new Tensor(((IntPtr*)value.Pointer)[k]);
                            return tensors;
                        }
                        finally
                        {
                            Native.dt_free_list(value.Pointer);
                        }
                    case Tag.Int: return (Scalar)value.Int;
                    case Tag.Double: return (Scalar)value.Double;
                    case Tag.Bool: return (Scalar)(value.Int != 0);
                    default: return null!;
                }
            }
        }
    }
}

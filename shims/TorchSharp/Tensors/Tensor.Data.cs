using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using TorchSharp.Interop;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The elements, in logical order, as T. A tensor of another device is copied to the CPU first.</summary>
        /// <exception cref="ArgumentException">T is not the type of the elements</exception>
        public TensorAccessor<T> data<T>() where T : unmanaged
        {
            RequireType<T>();
            return new TensorAccessor<T>(this);
        }

        /// <summary>The one element of a tensor.</summary>
        /// <exception cref="ArgumentException">there is not exactly one, or T is not its type</exception>
        public unsafe T item<T>() where T : unmanaged
        {
            if (NumberOfElements != 1)
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"only one-element tensors can be converted to scalars: this one has {NumberOfElements}"));
            RequireType<T>();
            if (device_type != DeviceType.CPU)
            {
                using var here = cpu();
                return here.item<T>();
            }
            var value = *(T*)DataPointer();
            GC.KeepAlive(this);
            return value;
        }

        /// <summary>The memory of a contiguous CPU tensor. The span is valid only while the tensor is.</summary>
        public unsafe Span<byte> bytes
        {
            get
            {
                if (!is_contiguous()) throw new NotImplementedException("Bytes() called on non-contiguous tensor.");
                var length = NumberOfElements * ElementSize;
                if (length > int.MaxValue) throw new NotImplementedException("Span<byte> of more than 2 GB");
                if (device_type != DeviceType.CPU) throw new InvalidOperationException("Reading data from non-CPU memory is not supported. Move or copy the tensor to the cpu before reading.");
                return new Span<byte>(DataPointer(), (int)length);
            }
            set
            {
                var target = bytes;
                if (value.Length != target.Length)
                    throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Mismatched data sizes in bytes set: {value.Length} for {target.Length}"));
                value.CopyTo(target);
                GC.KeepAlive(this);
            }
        }

        public void WriteBytesToStream(Stream stream, int bufferSize = 1024)
        {
            using var here = device_type == DeviceType.CPU && is_contiguous() ? null : cpu().contiguous();
            stream.Write((here ?? this).bytes);
            GC.KeepAlive(this);
        }

        public void ReadBytesFromStream(Stream stream, int bufferSize = 1024)
        {
            stream.ReadExactly(bytes);
            GC.KeepAlive(this);
        }

        internal unsafe void* DataPointer()
        {
            void* data;
            var code = Native.dt_data(Handle, &data);
            GC.KeepAlive(this);
            Native.Check(code);
            return data;
        }

        private void RequireType<T>()
        {
            if (!Matches(typeof(T), dtype))
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{typeof(T).Name} does not match the element type {dtype} of the tensor"));
        }

        internal static bool Matches(Type type, ScalarType dtype) => dtype switch
        {
            ScalarType.Byte => type == typeof(byte),
            ScalarType.Int8 => type == typeof(sbyte),
            ScalarType.Int16 => type == typeof(short),
            ScalarType.Int32 => type == typeof(int),
            ScalarType.Int64 => type == typeof(long),
            ScalarType.Bool => type == typeof(bool),
            ScalarType.Float16 => type == typeof(Half),
            ScalarType.BFloat16 => type == typeof(BFloat16),
            ScalarType.Float32 => type == typeof(float),
            ScalarType.Float64 => type == typeof(double),
            ScalarType.ComplexFloat32 => type == typeof((float, float)),
            ScalarType.ComplexFloat64 => type == typeof(Complex),
            _ => false,
        };

        public Scalar ToScalar() => dtype switch
        {
            ScalarType.Byte => item<byte>(),
            ScalarType.Int8 => item<sbyte>(),
            ScalarType.Int16 => item<short>(),
            ScalarType.Int32 => item<int>(),
            ScalarType.Int64 => item<long>(),
            ScalarType.Bool => item<bool>(),
            ScalarType.Float16 => item<Half>(),
            ScalarType.BFloat16 => item<BFloat16>(),
            ScalarType.Float32 => item<float>(),
            ScalarType.Float64 => item<double>(),
            var other => throw new NotImplementedException($"a scalar of type {other}"),
        };

        public static explicit operator float(Tensor value) => value.ToSingle();
        public static explicit operator double(Tensor value) => value.ToDouble();
        public static explicit operator int(Tensor value) => value.ToInt32();
        public static explicit operator long(Tensor value) => value.ToInt64();
        public static explicit operator bool(Tensor value) => value.ToBoolean();
    }
}

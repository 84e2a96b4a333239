using System.Text;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Programs and weights that were saved as TorchScript.</summary>
    public static partial class jit
    {
        public static ScriptModule load(string filename, DeviceType device_type = DeviceType.CPU, long device_index = -1) =>
            Load(filename, device_type, (int)device_index);

        public static ScriptModule load(string filename, Device map_location) => Load(filename, map_location.type, map_location.index);

        public static ScriptModule load(byte[] bytes, DeviceType device_type = DeviceType.CPU, long device_index = -1) =>
            Load(bytes, device_type, (int)device_index);

        public static ScriptModule load(byte[] bytes, Device map_location) => Load(bytes, map_location.type, map_location.index);

        private static unsafe ScriptModule Load(string filename, DeviceType type, int index)
        {
            if (!File.Exists(filename)) throw new FileNotFoundException($"'{filename}' is not there", filename);
            IntPtr module;
            fixed (byte* path = Encoding.UTF8.GetBytes(filename + '\0')) Native.Check(Native.dt_jit_load(path, (int)type, index, &module));
            return new ScriptModule(new ScriptHandle(module));
        }

        private static unsafe ScriptModule Load(byte[] bytes, DeviceType type, int index)
        {
            IntPtr module;
            fixed (byte* content = bytes) Native.Check(Native.dt_jit_load_bytes(content, bytes.Length, (int)type, index, &module));
            return new ScriptModule(new ScriptHandle(module));
        }
    }
}

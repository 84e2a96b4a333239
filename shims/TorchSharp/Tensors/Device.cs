using System.Globalization;

namespace TorchSharp;

public static partial class torch
{
    public static Device CPU = new(DeviceType.CPU);
    public static Device CUDA => new(DeviceType.CUDA);

    public static Device device(string description) => new(description);
    public static Device device(string deviceType, int index = -1) => new(deviceType, index);
    public static Device device(DeviceType deviceType, int index = -1) => new(deviceType, index);
    public static Device device(int index) => new(index);

    /// <summary>Where a tensor lives: a kind of device and its number, -1 for the current one.</summary>
    public class Device
    {
        public Device(string description)
        {
            var parts = description.Split(':');
            type = Parse(parts[0]);
            index = parts.Length switch
            {
                1 => -1,
                2 when int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var n) => n,
                _ => throw new ArgumentException($"'{description}' names no device", nameof(description)),
            };
        }

        public Device(string deviceType, int index = -1)
        {
            type = Parse(deviceType);
            this.index = index;
        }

        public Device(DeviceType deviceType, int index = -1)
        {
            type = deviceType;
            this.index = index;
        }

        public Device(int index) : this(DeviceType.CUDA, index) { }

        public DeviceType type { get; }
        public int index { get; }

        public static implicit operator Device(string description) => new(description);

        public override string ToString()
        {
            var name = type.ToString().ToLowerInvariant();
            return index < 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}:{index}");
        }

        private static DeviceType Parse(string name) =>
            Enum.TryParse<DeviceType>(name, ignoreCase: true, out var type) && !char.IsAsciiDigit(name[0])
                ? type
                : throw new ArgumentException($"'{name}' names no kind of device", nameof(name));
    }
}

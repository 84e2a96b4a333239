using System.Runtime.InteropServices;
using Diffusion.Checkpoints;
using Diffusion.Networks;
using static TorchSharp.torch;

namespace Diffusion.Exchange;

/// <summary>Whether a weights file is that of a network: its tensors, their shapes, and finite values.</summary>
internal static class WeightsCheck
{
    // of a residual block: two norms, two convolutions and the projection of the embedding, each with a bias
    private const int TensorsOfABlock = 10;

    private const string Weights = CheckpointVersion.WeightsFile;

    /// <exception cref="ImportRefusedException">It is not; the message names the tensor.</exception>
    public static void Require(CheckpointManifest manifest, string path, CancellationToken cancellation)
    {
        var config = manifest.Network;
        try
        {
            using var file = SafeTensorFile.Open(path);
            RequireSize(config, file);
            using (nn.Module network = manifest.IsClassifier ? new NoisyClassifier(config) : new UNet(config)) if (NetworkWeights.Refusal(network, file) is { } refusal) throw ImportRefusedException.Damaged(Weights, refusal);
            foreach (var tensor in file.Tensors.Values.OrderBy(t => t.Offset))
                if (!IsFinite(file, tensor, cancellation)) throw ImportRefusedException.Damaged(Weights, $"Tensor '{tensor.Name}' has NaN or infinity.");
        }
        catch (SafeTensorsException damage)
        {
            throw ImportRefusedException.Damaged(Weights, damage.Message, damage);
        }
    }

    // a network is only built to be compared when the file could hold it: a manifest of a few bytes can name one of any size
    private static void RequireSize(UNetConfig config, SafeTensorFile file)
    {
        double blocks = 0, values = 0;
        foreach (var multiplier in config.ChannelMultipliers)
        {
            var width = (double)config.ModelChannels * multiplier;
            blocks += config.ResidualBlocks;
            values += config.ResidualBlocks * 9 * width * width;
        }
        values += (double)(config.Classes ?? 0) * config.ModelChannels;
        var (tensors, stored) = (file.Tensors.Count, file.Tensors.Values.Sum(t => t.Bytes / t.Type.Bytes()));
        if (blocks * TensorsOfABlock > tensors || values > stored)
            throw ImportRefusedException.Damaged(Weights, FormattableString.Invariant(
                $"The manifest's network has at least {blocks * TensorsOfABlock} tensors and {values} values; the file has {tensors} and {stored}."));
    }

    private static bool IsFinite(SafeTensorFile file, SafeTensorEntry tensor, CancellationToken cancellation)
    {
        var buffer = new byte[(int)Math.Min(tensor.Bytes, 1 << 20)];
        for (long at = 0; at < tensor.Bytes; at += buffer.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, tensor.Bytes - at));
            file.Read(tensor, at, piece);
            if (!AreFinite(tensor.Type, piece)) return false;
        }
        return true;
    }

    // all ones in the exponent are NaN or infinity
    private static bool AreFinite(DType type, ReadOnlySpan<byte> bytes)
    {
        switch (type)
        {
            case DType.F64:
                foreach (var bits in MemoryMarshal.Cast<byte, ulong>(bytes)) if ((bits & 0x7ff0_0000_0000_0000) == 0x7ff0_0000_0000_0000) return false;
                return true;
            case DType.F32:
                foreach (var bits in MemoryMarshal.Cast<byte, uint>(bytes)) if ((bits & 0x7f80_0000) == 0x7f80_0000) return false;
                return true;
            default:
                var exponent = type == DType.F16 ? 0x7c00 : 0x7f80;
                foreach (var bits in MemoryMarshal.Cast<byte, ushort>(bytes)) if ((bits & exponent) == exponent) return false;
                return true;
        }
    }
}

using Diffusion.Noise;
using Diffusion.Training.Objectives;

namespace Diffusion.Training.Tests.Objectives;

/// <summary>A memory whose images are one number each, all rows at once.</summary>
internal static class ScalarRows
{
    public static float[] Shown(this SampleMemory memory, int rows, int epoch)
    {
        var (all, one) = (new float[rows], new float[1]);
        for (var i = 0; i < rows; i++)
        {
            memory.Read(i, epoch, one);
            all[i] = one[0];
        }
        return all;
    }

    public static float[] Normal(int rows, ulong seed, int epoch)
    {
        var values = new float[rows];
        SeededNoise.Normal(seed, 0, (uint)epoch, NoisePurpose.TrainingNoise, values);
        return values;
    }
}

namespace Diffusion.Training.Tests.Objectives;

/// <summary>The best weights of two numbers in an estimate of a third, which is what a linear network would learn.</summary>
internal static class LeastSquares
{
    public static (double A, double B) Of(float[] x, float[] y, float[] target)
    {
        double xx = 0, xy = 0, yy = 0, xt = 0, yt = 0;
        for (var i = 0; i < x.Length; i++)
        {
            xx += (double)x[i] * x[i];
            xy += (double)x[i] * y[i];
            yy += (double)y[i] * y[i];
            xt += (double)x[i] * target[i];
            yt += (double)y[i] * target[i];
        }
        var determinant = xx * yy - xy * xy;
        return ((xt * yy - yt * xy) / determinant, (yt * xx - xt * xy) / determinant);
    }

    /// <summary>
    /// What is left of a sample beside others, scaled to a variance: its second moments with them and its own are those of an independent
    /// variable exactly, so that few numbers say what endlessly many would.
    /// </summary>
    public static float[] Independent(float[] sample, double variance, params float[][] others)
    {
        var left = Array.ConvertAll(sample, v => (double)v);
        var bases = new List<double[]>();
        foreach (var other in others) bases.Add(Beside(Array.ConvertAll(other, v => (double)v), bases));
        left = Beside(left, bases);
        var scale = Math.Sqrt(variance / left.Average(v => v * v));
        return Array.ConvertAll(left, v => (float)(v * scale));
    }

    private static double[] Beside(double[] sample, List<double[]> bases)
    {
        foreach (var one in bases)
        {
            double product = 0, square = 0;
            for (var i = 0; i < one.Length; i++) (product, square) = (product + sample[i] * one[i], square + one[i] * one[i]);
            sample = [.. sample.Zip(one, (v, o) => v - product / square * o)];
        }
        return sample;
    }
}

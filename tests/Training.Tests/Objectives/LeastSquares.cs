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
}
